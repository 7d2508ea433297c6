import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from './folder.js'
import type { Owner } from './owner.js'

/** A certificate with its key, in PEM. */
export interface Certificate {
  readonly name: string
  readonly cert: string
  readonly key: string
}

/** Makes an authority: a certificate that signs itself and may sign others. */
export function makeAuthority(name: string): Certificate {
  return make(name, [], undefined)
}

/** Makes a certificate for hosts and IPv4 addresses, signed by `issuer`, or by itself where that is left out. */
export function makeCertificate(hosts: readonly string[], issuer?: Certificate): Certificate {
  return make(hosts[0] ?? 'client', hosts, issuer)
}

/** Writes PEM texts to files that are gone at the owner's end; returns their paths. */
export function writeFiles<Name extends string>(
  owner: Owner,
  texts: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const folder = temporaryFolder(owner)
  const paths = Object.entries<string>(texts).map(([name, text]) => {
    const path = join(folder, `${name}.pem`)
    writeFileSync(path, text)
    return [name, path]
  })
  return Object.fromEntries(paths)
}

/** RFC 5280, in DER, as far as it is needed. */
function make(name: string, hosts: readonly string[], issuer: Certificate | undefined): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const isAuthority = issuer === undefined
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
  const extensions = [
    extension(oid(0x55, 0x1d, 0x13), sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : []))),
    ...(hosts.length === 0 ? [] : [extension(oid(0x55, 0x1d, 0x11), sequence(...hosts.map(generalName)))]),
  ]
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x18, Buffer.from('20991231235959Z'))),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key)
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, signer)]))
  const lines =
    sequence(content, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents)
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))))
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, der(0x04, value))
}

function generalName(host: string): Buffer {
  return isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))
}
