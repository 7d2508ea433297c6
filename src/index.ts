export type { Config } from './config/config.js'
export type { ChannelSource, Instrumentation, Listeners, ModulePatch } from './instrumentation/instrumentation.js'
export type { Kit } from './instrumentation/kit.js'
export { VERSION } from './version.js'
