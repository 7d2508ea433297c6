import { proxyUrl, text } from '../parse.js'
import type { Rows } from './variable.js'

/** As all programs know them: in lower case they win. */
export const PROXIES = {
  http_proxy: {
    type: proxyUrl,
    fallback: 'HTTP_PROXY',
    meaning: 'The same as HTTP_PROXY, and wins over it.',
  },
  HTTP_PROXY: {
    type: proxyUrl,
    meaning: 'The proxy for requests to collectors by http, such as http://user:password@proxy:3128.',
  },
  https_proxy: {
    type: proxyUrl,
    fallback: 'HTTPS_PROXY',
    meaning: 'The same as HTTPS_PROXY, and wins over it.',
  },
  HTTPS_PROXY: {
    type: proxyUrl,
    meaning: 'The proxy for requests to collectors by https.',
  },
  no_proxy: {
    type: text,
    fallback: 'NO_PROXY',
    meaning: 'The same as NO_PROXY, and wins over it.',
  },
  NO_PROXY: {
    type: text,
    meaning: 'Hosts, domains, addresses and networks that are reached without a proxy; * for all.',
  },
} as const satisfies Rows
