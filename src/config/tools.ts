import { realpathSync } from 'node:fs'
import { type Environment, givenText, readEnvironment } from './environment.js'
import type { VariableName } from './variables.js'

const WANTED: VariableName = 'AUTOSPAN_TRACE_TOOLS'

/** Where the entry files of these programs are, links followed: in their packages, wherever those are installed. */
const ENTRIES = [
  /[\\/]npm[\\/]bin[\\/](?:npm|npx)(?:-cli)?\.c?js$/,
  /[\\/]yarn[\\/](?:bin|lib)[\\/](?:yarn|yarnpkg|cli)\.c?js$/,
  /[\\/]@yarnpkg[\\/]cli-dist[\\/]bin[\\/]yarn\.js$/,
  /[\\/]\.yarn[\\/]releases[\\/]yarn-[^\\/]+\.c?js$/,
  /[\\/]pnpm[\\/](?:bin|dist)[\\/](?:pnpm|pnpx)\.[cm]?js$/,
  /[\\/]corepack[\\/](?:dist|shims|v\d+)[\\/]/,
  /[\\/]node-gyp[\\/]bin[\\/]node-gyp\.js$/,
  /[\\/]tsx[\\/]dist[\\/]cli\.[cm]js$/,
  /[\\/]nodemon[\\/]bin[\\/]nodemon\.js$/,
  /[\\/]@nestjs[\\/]cli[\\/]bin[\\/]nest\.js$/,
  /[\\/]concurrently[\\/]dist[\\/]bin[\\/]\w+\.js$/,
  /[\\/]cross-env[\\/]dist[\\/]bin[\\/]cross-env(?:-shell)?\.js$/,
  /[\\/]dotenv-cli[\\/]cli\.js$/,
  /[\\/]env-cmd[\\/]bin[\\/]env-cmd\.js$/,
  /[\\/]npm-run-all2?[\\/]bin[\\/][\w-]+[\\/]index\.js$/,
  /[\\/]ts-node-dev[\\/]lib[\\/]bin\.js$/,
  /[\\/]forever[\\/]bin[\\/](?:forever|monitor)$/,
  /[\\/]pm2[\\/](?:bin[\\/]pm2(?:-\w+)?|lib[\\/]Daemon\.js)$/,
  /[\\/]thread-stream[\\/]lib[\\/]worker\.js$/,
]

/**
 * Whether the process or thread is a tool that is about the program and is not it: a package manager or another command
 * that only starts it, or the thread that writes its log. They meet the agent by `NODE_OPTIONS`, and are left alone.
 *
 * @param entryFile as in `process.argv[1]`
 */
export function isTool(entryFile: string, env: Environment = readEnvironment()): boolean {
  if (givenText(env, WANTED)?.toLowerCase() === 'true') return false
  let path = entryFile
  try {
    path = realpathSync(entryFile)
  } catch {
    // As `node app` names `app.js`, there may be no such file.
  }
  return ENTRIES.some((entry) => entry.test(path))
}
