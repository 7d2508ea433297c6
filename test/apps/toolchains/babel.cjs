const presets = [['@babel/preset-env', { targets: { node: 'current' } }], '@babel/preset-typescript']
require('@babel/register')({ extensions: ['.ts', '.js'], presets, cache: false })
