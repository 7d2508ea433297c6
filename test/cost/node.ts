import { spawnSync } from 'node:child_process'

/** The major version of the Node.js that runs the programs. */
export function lineOfNode(): number {
  const node = process.env.AUTOSPAN_TEST_NODE
  if (node === undefined) return Number.parseInt(process.versions.node, 10)
  return Number.parseInt(spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout, 10)
}

/** Prints what was measured, where AUTOSPAN_FIGURES asks for it. */
export function tell(figure: string): void {
  if (process.env.AUTOSPAN_FIGURES !== undefined) console.log(figure)
}
