import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The agent's own version, from its package.json. */
export const VERSION: string = (require('autospan/package.json') as { version: string }).version
