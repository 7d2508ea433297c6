import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../src/config/spelling.js'
import { UNREAD_NAMES } from '../../src/config/variables/unread.js'
import { reading } from './reading.js'

test('a misspelt variable is told, without its value', () => {
  for (const [name, meant] of [
    ['OTEL_SERVICENAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_SERVICE_NAMES', 'OTEL_SERVICE_NAME'],
    ['OTEL_SERIVCE_NAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_RESOURCE_ATTRIBUTE', 'OTEL_RESOURCE_ATTRIBUTES'],
    ['OTEL_TRACE_EXPORTER', 'OTEL_TRACES_EXPORTER'],
    ['OTEL_TRACES_SAMPLER_ARGS', 'OTEL_TRACES_SAMPLER_ARG'],
    ['OTEL_PROPAGATOR', 'OTEL_PROPAGATORS'],
    ['OTEL_EXPORTER_OTLP_HEADRES', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_EXPORTER_OLTP_ENDPIONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    ['OTLE_SERVICE_NAME', 'OTEL_SERVICE_NAME'],
    ['OTL_SERVICE_NAME', 'OTEL_SERVICE_NAME'],
    ['otel_service_name', 'OTEL_SERVICE_NAME'],
    ['Otel_Servcie_Name', 'OTEL_SERVICE_NAME'],
    ['AUTOSPAN_EXIT_TIMEOT', 'AUTOSPAN_EXIT_TIMEOUT'],
    ['OTEL_INSTRUMENTATION_EXPRES_ENABLED', 'OTEL_INSTRUMENTATION_EXPRESS_ENABLED'],
    ['OTEL_INSTRUMENTATION_AWS-SDK_ENABLED', 'OTEL_INSTRUMENTATION_AWS_SDK_ENABLED'],
    ['OTEL_INSTRUMENTATION_PG_ENABLE', 'OTEL_INSTRUMENTATION_PG_ENABLED'],
    ['OTEL_INSTRUMENTATION_COMON_DEFAULT_ENABLED', 'OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED'],
  ] as const) {
    const shown = name.replace('-', '?')
    assert.deepEqual(reading({ [name]: 'secret' }).lines, [
      `${shown} is not known (did you mean ${meant}?); it is ignored`,
    ])
    assert.deepEqual(reading({ [name]: ' ' }).lines, [])
  }
})

test('a name with the own prefix is told even where nothing is near', () => {
  assert.deepEqual(reading({ AUTOSPAN_COLOUR: 'secret', AUTOSPAN_EXIT_TIMEOUT: '5' }).lines, [
    'AUTOSPAN_COLOUR is not known; it is ignored',
  ])
})

test('a name in another case is none where the platform takes it in any', () => {
  assert.deepEqual(reading({ otel_service_name: 'shop', OTEL_SERVICE_NAME: 'shop' }).lines, [])
})

test('a name cannot forge a line', () => {
  assert.deepEqual(reading({ 'OTEL_SERVICE\nNAME': 'x' }).lines, [
    'OTEL_SERVICE?NAME is not known (did you mean OTEL_SERVICE_NAME?); it is ignored',
  ])
})

test('nothing is said of names that the specification or another agent knows', () => {
  const foreign = [
    'OTEL_JAVAAGENT_ENABLED',
    'OTEL_PYTHON_DISABLED_INSTRUMENTATIONS',
    'OTEL_DOTNET_AUTO_TRACES_ENABLED',
    'OTEL_INSTRUMENTATION_JDBC_ENABLED',
    'OTEL_INSTRUMENTATION_OKHTTP_ENABLED',
    'OTEL_INSTRUMENTATION_FS_ENABLED',
    'OTEL_INSTRUMENTATION_HTTP_CLIENT_EMIT_EXPERIMENTAL_TELEMETRY',
    'OTEL_EXPORTER_ZIPKIN_ENDPIONT',
    'OTEL_EXPORTER_JAEGER_TIMOUT',
    'OTEL_',
    'OTEL_X',
    'OTL_X_SERVICE_NAME',
    'otel_exporter_zipkin_endpoint',
    'SERVICE_NAME',
    'TOTEL_SERVICE',
    '__proto__',
  ]
  for (const name of [...UNREAD_NAMES, ...foreign]) assert.deepEqual(reading({ [name]: 'x' }).lines, [], name)
})

test('the nearest names are those with the fewest edits', () => {
  for (const [name, candidates, found] of [
    ['http', ['http'], ['http']],
    ['htpp', ['http', 'https'], ['http']],
    ['oltp', ['otlp'], ['otlp']],
    ['abcdefg', ['abcdexx'], ['abcdexx']],
    ['abcdefg', ['abcdxxx'], []],
    ['abcde', ['abcxx'], ['abcxx']],
    ['abcd', ['abxx'], []],
    ['on', ['none'], []],
    ['gp', ['pg'], ['pg']],
    ['fs', ['pg'], []],
    ['ab', ['abc', 'abd', 'xab'], ['abc', 'abd', 'xab']],
    ['', ['a', 'ab'], ['a']],
  ] as const) {
    assert.deepEqual(nearest(name, candidates), found, name)
  }
})
