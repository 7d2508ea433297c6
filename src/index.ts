export type { Config } from './config/config.js'
export type { Instrumentation, ModulePatch } from './instrumentation/instrumentation.js'
export type { Kit } from './instrumentation/kit.js'
export { VERSION } from './version.js'
