import type { DrawnSpan } from './drawn-span.js'

/** A span in its place: what stands left of its name, and left of what follows below it. */
export interface Node {
  readonly span: DrawnSpan
  readonly guide: string
  readonly guideBelow: string
  readonly hasChildren: boolean
}

/** Depth first; without recursion, for traces may be deeper than the stack. */
export function treeOf(spans: readonly DrawnSpan[]): Node[] {
  const ids = new Set(spans.map((span) => span.id))
  const children = new Map<string, DrawnSpan[]>()
  const roots: DrawnSpan[] = []
  for (const span of [...spans].sort((a, b) => a.startMillis - b.startMillis)) {
    const siblings = ids.has(span.parentId) && span.parentId !== span.id ? children.get(span.parentId) : roots
    if (siblings === undefined) children.set(span.parentId, [span])
    else siblings.push(span)
  }
  const nodes: Node[] = []
  const drawn = new Set<DrawnSpan>()
  const visit = (root: DrawnSpan): void => {
    const pending = [{ span: root, guide: '', guideBelow: '' }]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (drawn.has(next.span)) continue
      drawn.add(next.span)
      const below = children.get(next.span.id) ?? []
      nodes.push({ ...next, hasChildren: below.length > 0 })
      for (let i = below.length - 1; i >= 0; i--) {
        const last = i === below.length - 1
        pending.push({
          span: below[i] as DrawnSpan,
          guide: shortened(next.guideBelow + (last ? '└─ ' : '├─ ')),
          guideBelow: shortened(next.guideBelow + (last ? '   ' : '│  ')),
        })
      }
    }
  }
  for (const root of roots) visit(root)
  // What no root leads to has ancestors in a circle: bad data, and still data.
  if (drawn.size < spans.length) for (const span of spans) visit(span)
  return nodes
}

const MAX_GUIDE_COLUMNS = 30

/** Deep trees keep the last levels of their guides, so that names have room. */
function shortened(guide: string): string {
  return guide.length > MAX_GUIDE_COLUMNS ? `…${guide.slice(1 - MAX_GUIDE_COLUMNS)}` : guide
}
