/** `SeverityNumber` of the logs data model: the first of each range of four. */
export const SEVERITY_DEBUG = 5
export const SEVERITY_INFO = 9
export const SEVERITY_WARN = 13
export const SEVERITY_ERROR = 17
export const SEVERITY_FATAL = 21
