import type { Type } from './parse.js'
import { absolutePath } from './path.js'

/** What no file of certificates comes near. */
const MAX_BYTES = 4 * 1024 * 1024
/** How PEM itself begins, in base64 too: some put it where the path of its file belongs. */
const PEM = /-----BEGIN |LS0tLS1CRUdJ/

/** A file with certificates, as its absolute path. */
export const certificateFile: Type<string> = pemFile('certificate', /^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/m)
/** A file with a private key, as its absolute path. */
export const keyFile: Type<string> = pemFile('private key', /^-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/m)

function pemFile(content: string, pattern: RegExp): Type<string> {
  return {
    name: `PEM file with a ${content}`,
    parse(text) {
      if (PEM.test(text)) return { value: undefined, problem: 'is PEM itself, not the path of a file (not shown)' }
      const path = absolutePath(text)
      const problem = faultOf(path, content, pattern)
      return problem === undefined ? { value: path } : { value: undefined, problem }
    },
    show: (value) => (PEM.test(value) ? '(not shown)' : value),
    mask: (text) => (PEM.test(text) ? undefined : text),
  }
}

function faultOf(path: string, content: string, pattern: RegExp): string | undefined {
  const { readFileSync, statSync } = process.getBuiltinModule('node:fs')
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > MAX_BYTES) return 'is not a file of certificates or keys'
    return pattern.test(readFileSync(path, 'latin1')) ? undefined : `has no ${content} in PEM form`
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
  }
}
