// What --require autospan/register gives to who cannot require ES modules, see package.json: lines of Node.js that do not
// know of that, and those that have it switched off.
const reason =
  process.features.require_module === undefined
    ? `Node.js ${process.versions.node} is not supported, 20.19, 22.12 and newer are`
    : '--require loads no ES modules where --no-experimental-require-module is set, use --import autospan/register'

process._rawDebug(`autospan: ${reason}; the program runs untraced`)
