// A picture of a report: what each agent adds to bare Node.js, in microseconds of CPU for each request.
// npm run bench draws one beside its JSON; for another: node bench/chart.mjs <report.json> <picture.svg>
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const WIDTH = 760
const LABEL_WIDTH = 210
const BAR_WIDTH = 400
const BAR = 14
const GAP = 4
const GROUP_GAP = 18
const TOP = 44
const FONT = 'font-family="system-ui, sans-serif" font-size="12"'
const COLOURS = {
  autospan: '#2f81f7',
  'otel-lean': '#8b949e',
  'otel-default': '#6e7681',
  'dd-trace': '#a371f7',
  floor: '#3fb950',
}
const NAMES = {
  'otel-lean': 'OpenTelemetry, lean',
  'otel-default': 'OpenTelemetry, defaults',
  floor: 'hand-written minimum',
}

/** @returns SVG; nothing is drawn that was sampled out, disabled or does not count */
export function chart(report) {
  const groups = []
  for (const result of report.cpu) {
    if (result.added === undefined || !(result.agent in COLOURS) || result.problems.length > 0) continue
    const group = groups.at(-1)
    if (group?.app === result.app) group.bars.push(result)
    else groups.push({ app: result.app, bars: [result] })
  }
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ added }) => added.median)), 0)
  const lines = []
  let y = TOP
  for (const { app, bars } of groups) {
    lines.push(`<text x="8" y="${y + BAR - 3}" class="strong">${escaped(app)}</text>`)
    for (const { agent, added, ratio } of bars) {
      const width = most === 0 ? 0 : Math.max(1, (BAR_WIDTH * Math.max(added.median, 0)) / most)
      const text = `+${added.median.toFixed(1)} µs (${ratio.median.toFixed(2)} of bare)`
      lines.push(
        `<text x="${LABEL_WIDTH - 8}" y="${y + BAR - 3}" text-anchor="end">${escaped(NAMES[agent] ?? agent)}</text>`,
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${COLOURS[agent]}"/>`,
        `<text x="${(LABEL_WIDTH + width + 6).toFixed(1)}" y="${y + BAR - 3}">${text}</text>`,
      )
      y += BAR + GAP
    }
    y += GROUP_GAP
  }
  const title = `CPU added to each request, Node.js ${report.node}, ${report.date.slice(0, 10)}: less is better`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" ${FONT} role="img">`,
    `<title>${escaped(title)}</title>`,
    '<style>text { fill: #24292f } .strong { font-weight: 600 } @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }</style>',
    `<text x="8" y="20" class="strong">${escaped(title)}</text>`,
    ...lines,
    '</svg>\n',
  ].join('\n')
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , from, to] = process.argv
  if (to === undefined) {
    console.error('node bench/chart.mjs <report.json> <picture.svg>')
    process.exit(2)
  }
  writeFileSync(to, chart(JSON.parse(readFileSync(from, 'utf8'))))
}
