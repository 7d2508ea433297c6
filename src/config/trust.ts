/**
 * What has to stand in the environment of a thread that has nothing else in it, so that it trusts whom this one trusts:
 * Node.js asks for both in each thread by itself.
 */
export function readTrust(): Record<string, string> {
  const { NODE_TLS_REJECT_UNAUTHORIZED = '', NODE_USE_SYSTEM_CA = '', NODE_OPTIONS = '' } = process.env
  const flags = [...process.execArgv, ...NODE_OPTIONS.split(/\s+/)]
  return {
    NODE_TLS_REJECT_UNAUTHORIZED,
    // Some lines refuse the flag for a thread, for it counts for the process there.
    NODE_USE_SYSTEM_CA: flags.includes('--use-system-ca') ? '1' : NODE_USE_SYSTEM_CA,
  }
}
