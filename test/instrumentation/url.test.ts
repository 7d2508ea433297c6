import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redactPath, redactQuery, redactUrl } from '../../src/instrumentation/url.js'

for (const [query, redacted] of [
  ['a=1', 'a=1'],
  ['sig=x', 'sig=REDACTED'],
  ['Sig=x', 'Sig=x'],
  ['%73ig=x', '%73ig=REDACTED'],
  ['a=1&X-Amz-Signature=x&b', 'a=1&X-Amz-Signature=REDACTED&b'],
  ['AWSAccessKeyId=x&Signature=y', 'AWSAccessKeyId=REDACTED&Signature=REDACTED'],
  ['access_token=x&Access_Token=y', 'access_token=REDACTED&Access_Token=REDACTED'],
  ['token=a=b&next=/token', 'token=REDACTED&next=/token'],
  ['password=&PASSWORD=p%26q', 'password=REDACTED&PASSWORD=REDACTED'],
  ['apiKey=x&api-key=y&api_key=z', 'apiKey=REDACTED&api-key=REDACTED&api_key=REDACTED'],
  ['client_secret=x&jwt=y', 'client_secret=REDACTED&jwt=REDACTED'],
  ['marshal_format=json&license_key=x', 'marshal_format=json&license_key=REDACTED'],
  ['token', 'token'],
  ['tokens=3&secretary=x&keyword=tea&passwordless=1', 'tokens=3&secretary=x&keyword=tea&passwordless=1'],
  ['%E0%A4%A=token&__proto__=x', '%E0%A4%A=token&__proto__=x'],
] as const) {
  test(`the query ${query} is shown as ${redacted}`, () => {
    assert.equal(redactQuery(query), redacted)
    assert.equal(redactPath(`/p?${query}#sig=1`), `/p?${redacted}#sig=1`)
    assert.equal(redactUrl(`https://user:pass@host:1/p?${query}`), `https://REDACTED:REDACTED@host:1/p?${redacted}`)
  })
}

for (const [url, redacted] of [
  ['http://user@host/', 'http://REDACTED@host/'],
  ['http://a:b@c@host', 'http://REDACTED:REDACTED@host'],
  ['http://host/mail@example.com', 'http://host/mail@example.com'],
  ['http://host?to=a@b', 'http://host?to=a@b'],
  ['/only/a/path?token=x', '/only/a/path?token=REDACTED'],
] as const) {
  test(`the URL ${url} is shown as ${redacted}`, () => {
    assert.equal(redactUrl(url), redacted)
  })
}
