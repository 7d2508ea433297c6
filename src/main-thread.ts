/**
 * Whether this is the main thread. Others have functions that throw in the places of those that are the main thread's
 * own; to ask `worker_threads` would load it, for 2 ms and 0.5 MiB.
 */
export function isMainThread(): boolean {
  return (process.abort as { disabled?: boolean }).disabled !== true
}
