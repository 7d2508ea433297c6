/** What fills requests: it is asked when one is to be sent, and in the process's last moment. */
export interface Source {
  /** Records that wait to be taken; a source that collects when it is taken tells whether there is anything to collect. */
  readonly count: number
  /** One request with all that wait, which are then no longer the source's. Called where there are some. */
  take(): Request
}

/** An OTLP request as it is posted. */
export interface Request {
  readonly body: Uint8Array
  /** Records in `body`. */
  readonly records: number
}
