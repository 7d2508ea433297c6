// Loaded before the agent: a wall clock that can be set.
const { now } = Date
let aheadMillis = 0
Date.now = () => now() + aheadMillis

exports.set = (millis) => {
  aheadMillis = millis
}
