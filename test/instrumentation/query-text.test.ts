import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseOf } from '../../src/instrumentation/database.js'
import { hideQueryTexts } from '../../src/instrumentation/query-text.js'

test('AUTOSPAN_DB_QUERY_TEXT=false leaves the summary and not the text', () => {
  const database = databaseOf('postgresql', 'shop', 'db', 5432)
  assert.ok(database.query('SELECT a FROM shown', true).attributes.has('db.query.text'))
  hideQueryTexts()
  const { name, attributes } = database.query('SELECT a FROM hidden', true)
  assert.equal(name, 'SELECT hidden')
  assert.equal(attributes.has('db.query.text'), false)
  assert.equal(attributes.has('db.query.summary'), true)
})
