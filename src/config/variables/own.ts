import type { ControlSignal } from '../config.js'
import { doctor } from '../doctor.js'
import { boolean, duration, oneOf, text } from '../parse.js'
import type { Rows } from './variable.js'

/** What only this agent has. */
export const OWN = {
  AUTOSPAN_WORKER_CONTEXT: {
    type: boolean,
    default: 'false',
    meaning:
      'true: a worker thread continues the trace of the code that makes it; for threads that do one job and end.',
  },
  AUTOSPAN_TRACE_TOOLS: {
    type: boolean,
    default: 'false',
    meaning: 'true: package managers and the threads of loggers, which are left alone otherwise, are traced too.',
  },
  AUTOSPAN_DOCTOR: {
    type: doctor,
    meaning: 'true: what the agent finds is told on stderr, and the backend is tried, as autospan doctor does.',
  },
  AUTOSPAN_SHEDDING: {
    type: boolean,
    default: 'true',
    meaning: 'false: all is recorded also while the queue of spans is full, or the event loop late. See overload.md.',
  },
  AUTOSPAN_CONTROL_FILE: {
    type: text,
    meaning: 'A file of NAME=value lines that changes log level, sampling and libraries while the program runs.',
  },
  AUTOSPAN_CONTROL_SIGNAL: {
    type: oneOf<ControlSignal>(['SIGUSR2', 'SIGURG']),
    meaning: 'The signal at which the control file is looked at; without one, the log level is debug, and back.',
  },
  AUTOSPAN_EXIT_TIMEOUT: {
    type: duration,
    default: '1000',
    tested: '300',
    meaning: 'How long the end of the program may be delayed, in all, to deliver what waits; 0 for not at all.',
  },
} as const satisfies Rows
