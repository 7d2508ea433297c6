module.exports = () => 'hello from the future'
