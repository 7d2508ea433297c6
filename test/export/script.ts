// A program with an exporter, run by exit.test.ts: SPANS spans to URL, ended after STAY ms, then the end of the program.
import { writeSync } from 'node:fs'
import { BatchProcessor } from '../../src/export/batch.js'
import { TRACES } from '../../src/export/signal.js'
import { HttpTransport } from '../../src/export/transport/http.js'

import { IdEncoder, spans } from './collector.js'
import { settingsTo } from './settings.js'

const { URL: url, SPANS = '1', DELAY = '5000', FLUSH, EXIT, STAY = '0' } = process.env
const encoder = new IdEncoder()
const processor = new BatchProcessor({
  signal: TRACES,
  encoder,
  transport: new HttpTransport(settingsTo(url ?? '')),
  batch: {
    scheduleDelayMillis: Number(DELAY),
    maxQueueSize: undefined,
    maxExportBatchSize: 512,
    exportTimeoutMillis: 30_000,
  },
  timeoutMillis: 10_000,
  bounds: { maxQueueBytes: 1e9, maxRequestBytes: 1e9, spool: undefined },
})

let end = performance.now()
process.on('beforeExit', () => {
  if (FLUSH !== undefined && processor.unflushed) processor.flush(Number(FLUSH))
})
process.once('exit', () => {
  processor.close()
  writeSync(1, JSON.stringify({ addedMillis: performance.now() - end, stats: processor.stats }))
})
for (const span of spans(Number(SPANS))) processor.onEnd(span)
setTimeout(() => {
  end = performance.now()
  if (EXIT !== undefined) process.exit(Number(EXIT))
}, Number(STAY))
