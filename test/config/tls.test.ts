import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { makeAuthority, writeFiles } from '../harness/certificates.js'
import { temporaryFolder } from '../harness/folder.js'
import { file } from '../harness/owner.js'
import { configOf, reading } from './reading.js'

const CA = 'OTEL_EXPORTER_OTLP_CERTIFICATE'
const CERTIFICATE = 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'
const KEY = 'OTEL_EXPORTER_OTLP_CLIENT_KEY'
const { cert, key } = makeAuthority('test')
const files = writeFiles(file, { cert, key, other: cert, otherKey: key, text: 'tea' })

test('files are named by absolute paths', () => {
  const env = { [CA]: relative(process.cwd(), files.cert), [CERTIFICATE]: files.cert, [KEY]: files.key }
  assert.deepEqual(configOf(env).traces.otlp.tls, {
    authorities: files.cert,
    clientCertificate: files.cert,
    clientKey: files.key,
  })
})

test('those of a signal win, one by one', () => {
  const env = {
    [CA]: files.cert,
    [CERTIFICATE]: files.cert,
    [KEY]: files.key,
    OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: files.other,
    OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: files.otherKey,
  }
  assert.deepEqual(configOf(env).traces.otlp.tls, {
    authorities: files.other,
    clientCertificate: files.cert,
    clientKey: files.otherKey,
  })
})

for (const [name, path, problem] of [
  [CA, join(tmpdir(), 'autospan-nothing.pem'), 'does not exist'],
  [CA, tmpdir(), 'is not a file of certificates or keys'],
  [CA, files.text, 'has no certificate in PEM form'],
  [CA, files.key, 'has no certificate in PEM form'],
] as const) {
  test(`a file that ${problem} is said, and ignored`, () => {
    const { config, lines } = reading({ [name]: path })
    assert.deepEqual(lines, [`${name}=${JSON.stringify(path)} ${problem}; it is ignored`])
    assert.equal(config.traces.otlp.tls.authorities, undefined)
  })
}

for (const [what, text] of [
  ['PEM', key],
  ['PEM in quotes', `"${key}"`],
  ['PEM in one line', key.replaceAll('\n', '\\n')],
  ['PEM in base64', Buffer.from(key).toString('base64')],
] as const) {
  test(`${what} where the path of its file belongs is said, and never shown`, () => {
    const { config, lines } = reading({ [KEY]: text })
    const quotes = what === 'PEM in quotes' ? 'is in quotes, which are left out and ' : ''
    assert.deepEqual(lines, [`${KEY} ${quotes}is PEM itself, not the path of a file (not shown); it is ignored`])
    assert.equal(config.traces.otlp.tls.clientKey, undefined)
  })
}

test('a certificate as key is said, and so is that the other is worth nothing then', () => {
  const { config, lines } = reading({ [CERTIFICATE]: files.cert, [KEY]: files.cert })
  assert.deepEqual(lines, [
    `${KEY}=${JSON.stringify(files.cert)} has no private key in PEM form; it is ignored`,
    `${CERTIFICATE}=${JSON.stringify(files.cert)} is worth nothing without ${KEY}; it is ignored`,
  ])
  assert.equal(config.traces.otlp.tls.clientCertificate, undefined)
})

test('a key without its certificate is said under the name that was given', () => {
  const own = 'OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY'
  assert.deepEqual(reading({ [own]: files.key }).lines, [
    `${own}=${JSON.stringify(files.key)} is worth nothing without ${CERTIFICATE}; it is ignored`,
  ])
})

test('a file that may not be read is said', { skip: process.getuid?.() === 0 && 'root may read all' }, (t) => {
  const path = join(temporaryFolder(t), 'ca.pem')
  writeFileSync(path, cert, { mode: 0 })
  assert.match(reading({ [CA]: path }).lines[0] ?? '', /cannot be read \(EACCES\); it is ignored$/)
})
