import { Module } from 'node:module'
import { resolve } from 'node:path'
import { readEnvironment } from './config/environment.js'
import { diag } from './diag/diag.js'

const { _extensions: extensions } = Module as unknown as { readonly _extensions: Readonly<Record<string, unknown>> }

/**
 * Says why a program does not start that a loader for `require` was to read, such as ts-node/register: where there is
 * an `--import`, Node.js 20 takes the program for an ES module, whatever it is.
 *
 * @param error that nobody has caught, of code ERR_UNKNOWN_FILE_EXTENSION
 */
export function sayImportFlag({ message }: Error): void {
  const [, extension = '', path = ''] = /extension "(\.\w+)" for (.*)$/.exec(message) ?? []
  const { argv, execArgv } = process
  const isProgram = argv[1] !== undefined && path.startsWith(resolve(argv[1]))
  const isImported = [...execArgv, readEnvironment().NODE_OPTIONS].some((flag) => flag?.includes('--import'))
  if (!isProgram || !isImported || extensions[extension] === undefined) return
  diag.warnOnce(
    'import flag',
    `Node.js ${process.versions.node} takes a program for an ES module where there is --import, and finds no loader for ${extension} then; use --require autospan/register instead, see docs/typescript.md`,
  )
}
