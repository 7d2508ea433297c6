import { createRequire } from 'node:module'

/** The agent's own version, from its package.json. */
export const VERSION: string = createRequire(import.meta.url)('autospan/package.json').version
