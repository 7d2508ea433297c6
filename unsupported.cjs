// What --require autospan/register gives to Node.js lines that cannot require ES modules: see package.json.
process._rawDebug(
  `autospan: Node.js ${process.versions.node} is not supported, 20.19, 22.12 and newer are; the program runs untraced`,
)
