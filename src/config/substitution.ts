import type { Environment } from './environment.js'

/** What a scalar of the YAML core schema is. */
export type ScalarValue = string | number | boolean | null

/** A reference that is closed; what is within may be wrong. */
const REFERENCE = /\$\{([^}\n]*)\}/g
const WITHIN = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s

/**
 * Puts the environment's values in the place of `${NAME}`, `${env:NAME}` and `${NAME:-default}`; `$$` is a dollar sign.
 * What is put in is not looked at again. Follows configuration/data-model.md of the specification.
 *
 * @throws where a reference is none of these forms.
 */
export function substitute(text: string, env: Environment): string {
  // An escaped dollar sign belongs to no reference, not even within one.
  return text
    .split('$$')
    .map((part) => part.replace(REFERENCE, (reference, within: string) => replacement(reference, within, env)))
    .join('$')
}

function replacement(reference: string, within: string, env: Environment): string {
  const [, name, fallback = ''] = WITHIN.exec(within) ?? []
  if (name === undefined) throw new SyntaxError(`${reference} is no reference to a variable`)
  return env[name] || fallback
}

/** What the core schema of YAML 1.2 makes of a plain scalar. */
export function plainScalar(text: string): ScalarValue {
  if (/^(null|Null|NULL|~|)$/.test(text)) return null
  if (/^(true|True|TRUE)$/.test(text)) return true
  if (/^(false|False|FALSE)$/.test(text)) return false
  if (/^([-+]?\d+|0o[0-7]+|0x[\da-fA-F]+|[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?)$/.test(text)) return Number(text)
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return /^\.(nan|NaN|NAN)$/.test(text) ? Number.NaN : text
}
