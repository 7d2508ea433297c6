import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entities } from '../../src/config/entities.js'
import { configOf, reading } from './reading.js'

test('entities are attributes of the resource', () => {
  for (const [text, attributes, problem] of [
    [
      'service{service.name=my-app,service.instance.id=i-1}[service.version=1.0.0]@https://opentelemetry.io/schemas/1.21.0;host{host.id=h}[host.name=web]',
      {
        'service.name': 'my-app',
        'service.instance.id': 'i-1',
        'service.version': '1.0.0',
        'host.id': 'h',
        'host.name': 'web',
      },
      undefined,
    ],
    [';service{service.name=a};; host{host.id=h} ;', { 'service.name': 'a', 'host.id': 'h' }, undefined],
    [
      'service{service.name=my%2Capp}[config=key%3Dvalue%5Bprod%5D]',
      { 'service.name': 'my,app', config: 'key=value[prod]' },
      undefined,
    ],
    ['service{service.name=}', { 'service.name': '' }, undefined],
    ['service{};host{host.id=1}', { 'host.id': '1' }, 'entity 1 is not type{key=value}[key=value]'],
    ['service{a=1};invalid{syntax;x{b=2}', { a: '1', b: '2' }, 'entity 2 is not type{key=value}[key=value]'],
    ['service{a=1}[c=3];service{a=2}', { a: '2' }, 'there are several of type service'],
    ['service{a=%zz}', {}, 'entity 1 is not type{key=value}[key=value]'],
    ['1x{a=1}', {}, 'entity 1 is not type{key=value}[key=value]'],
    ['service{a=1=2}', {}, 'entity 1 is not type{key=value}[key=value]'],
    ['service[a=1]', {}, 'entity 1 is not type{key=value}[key=value]'],
  ] as const) {
    const parsed = entities.parse(text)
    assert.deepEqual(Object.fromEntries(parsed.value ?? []), attributes, text)
    assert.equal(parsed.problem, problem === undefined ? undefined : `is not as it should be: ${problem}`, text)
  }
})

test('OTEL_ENTITIES gives way to what names single attributes', () => {
  const { resourceAttributes } = configOf({
    OTEL_ENTITIES: 'service{service.name=a,service.namespace=n};host{host.id=h}',
    OTEL_RESOURCE_ATTRIBUTES: 'host.id=mine',
    OTEL_SERVICE_NAME: 'shop',
  })
  assert.deepEqual(Object.fromEntries(resourceAttributes), {
    'service.name': 'shop',
    'service.namespace': 'n',
    'host.id': 'mine',
  })
  assert.deepEqual(reading({ OTEL_ENTITIES: 'host' }).lines, [
    'OTEL_ENTITIES="host" is not as it should be: entity 1 is not type{key=value}[key=value]; using none',
  ])
})
