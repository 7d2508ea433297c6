import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../harness/folder.js'
import { run } from '../harness/program.js'
import { startSink } from '../harness/sink.js'

const TOO_LATE =
  'by the program, which is too late to have an effect: the agent starts before it; flags such as --env-file=.env set variables in time'

for (const [what, file, expected] of [
  ['one setting', ['PORT=80', 'OTEL_SERVICE_NAME=late'], `autospan: OTEL_SERVICE_NAME was set ${TOO_LATE}\n`],
  [
    'several settings, one of them of a library',
    ['AUTOSPAN_KEEP=errors', 'OTEL_INSTRUMENTATION_PG_ENABLED=false'],
    `autospan: AUTOSPAN_KEEP, OTEL_INSTRUMENTATION_PG_ENABLED were set ${TOO_LATE}\n`,
  ],
  ['what was set before', ['OTEL_BSP_SCHEDULE_DELAY=1'], ''],
  ['nothing', ['OTEL_SERVICE_NAME='], ''],
  ['what others read', ['OTEL_OTHER=1', 'HTTPS_PROXY=http://127.0.0.1:1'], ''],
] as const) {
  test(`a program that reads ${what} from a file of its own is told in a line what comes too late`, async (t) => {
    const sink = await startSink(t)
    const path = join(temporaryFolder(t), '.env')
    writeFileSync(path, file.join('\n'))
    const env = { ...sink.env, OTEL_BSP_SCHEDULE_DELAY: '100' }
    const { stderr, code } = await run('boot/env-file.cjs', { env, args: [path] })
    assert.deepEqual([stderr.replace(/^autospan: [\d.]+ traces .*\n/, ''), code], [expected, 0])
    assert.equal((await sink.settled()).length, 2)
  })
}
