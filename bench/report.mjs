// Results as tables.

export function cpuTable(app, results) {
  const rows = results.map((result) => [
    result.agent,
    result.micros.median.toFixed(1),
    result.ratio === undefined ? '' : result.ratio.median.toFixed(2),
    result.ratio === undefined ? '' : `${result.ratio.q1.toFixed(2)} - ${result.ratio.q3.toFixed(2)}`,
    result.ratio === undefined ? '' : `${result.ratio.min.toFixed(2)} - ${result.ratio.max.toFixed(2)}`,
    result.added === undefined ? '' : signed(result.added.median),
    result.ofLean === undefined ? '' : `1/${(1 / result.ofLean.median).toFixed(1)}`,
    String(result.spansPerRequest),
    Math.round(result.requestsPerSecond).toString(),
    result.bytesPerSpan === undefined ? '' : Math.round(result.bytesPerSpan).toString(),
    verdict(result),
  ])
  const head = ['us CPU', 'ratio', 'quartiles', 'min - max', 'added us', 'of lean', 'spans', 'req/s', 'B/span', '']
  return [...table([`${app.about}`, ...head], rows), ...problemsOf(results)].join('\n')
}

/** For the last column. */
function verdict({ problems }) {
  return problems.length > 0 ? 'DOES NOT COUNT' : ''
}

function problemsOf(results) {
  return results.flatMap(({ agent, problems }) => problems.map((problem) => `  ${agent}: ${problem.trimEnd()}`))
}

export function latencyTable(results) {
  const rows = results.map(({ agent, p50, p50Ratio, p99, p99Ratio, problems }) => [
    agent,
    p50.median.toFixed(3),
    p50Ratio === undefined ? '' : p50Ratio.median.toFixed(2),
    p99.median.toFixed(3),
    p99Ratio === undefined ? '' : p99Ratio.median.toFixed(2),
    p99Ratio === undefined ? '' : `${p99Ratio.q1.toFixed(2)} - ${p99Ratio.q3.toFixed(2)}`,
    verdict({ problems }),
  ])
  const head = ['p50 ms', 'ratio', 'p99 ms', 'ratio', 'quartiles', '']
  return [...table([`latency, express at ${results[0].rate}/s`, ...head], rows), ...problemsOf(results)].join('\n')
}

export function pauseTable(results) {
  const rows = results.map(({ agent, longest, over, problems }) => [
    agent,
    longest.median.toFixed(2),
    over === undefined ? '' : signed(over.median, 2),
    over === undefined ? '' : `${signed(over.q1, 2)} - ${signed(over.q3, 2)}`,
    verdict({ problems }),
  ])
  const head = ['ms', 'over bare', 'quartiles', '']
  return [...table([`longest pause, hello at ${results[0].rate}/s`, ...head], rows), ...problemsOf(results)].join('\n')
}

export function startupTable(results) {
  const rows = results.map(({ node, agent, kind, wall, wallOver, cpu, cpuOver }) => [
    `${lineOf(node)} ${kind} ${agent}`,
    wall.median.toFixed(1),
    wallOver === undefined ? '' : signed(wallOver.median),
    wallOver === undefined ? '' : `${signed(wallOver.q1)} - ${signed(wallOver.q3)}`,
    Number.isNaN(cpu.median) ? '' : cpu.median.toFixed(1),
    cpuOver === undefined || Number.isNaN(cpuOver.median) ? '' : signed(cpuOver.median),
  ])
  return table(['start-up to listening', 'ms', 'over bare', 'quartiles', 'ms CPU', 'over bare'], rows).join('\n')
}

export function loadingTable(results) {
  const rows = results.map(({ node, agent, kind, wall, wallRatio, cpu, cpuRatio }) => [
    `${lineOf(node)} ${kind} ${agent}`,
    wall.median.toFixed(0),
    ...ratioCells(wallRatio),
    cpu.median.toFixed(0),
    ...ratioCells(cpuRatio),
  ])
  const head = ['ms', 'ratio', 'quartiles', 'ms CPU', 'ratio', 'quartiles']
  return table([`loading ${results[0].modules} modules`, ...head], rows).join('\n')
}

function ratioCells(ratio) {
  if (ratio === undefined) return ['', '']
  return [ratio.median.toFixed(2), `${ratio.q1.toFixed(2)} - ${ratio.q3.toFixed(2)}`]
}

/** The major version. */
function lineOf(node) {
  return `Node ${node.split('.')[0]}`
}

export function memoryTable(results, { rate }) {
  const rows = results.map((result) => {
    const { over } = result
    const cells = ['atStart', 'loaded', 'peak'].flatMap((part) => [
      result[part].median.toFixed(1),
      over === undefined ? '' : signed(over[part].median),
    ])
    const spread = over === undefined ? '' : `${signed(over.loaded.min)} - ${signed(over.loaded.max)}`
    const parts = ['heap', 'buffers', 'rest'].map((part) => (over === undefined ? '' : signed(over[part].median)))
    return [result.agent, ...cells, spread, ...parts, `${Math.round(result.rate)}/s`, verdict(result)]
  })
  const head = ['MiB start', 'over', 'loaded', 'over', 'peak', 'over', 'loaded: min - max', 'heap', 'buffers', 'rest']
  return [...table([`memory, hello at ${rate}/s`, ...head, 'load', ''], rows), ...problemsOf(results)].join('\n')
}

export function soakTable(results, { rate, minutes }) {
  const rows = results.map((result) => [
    result.agent,
    ...['rss', 'heap', 'live'].flatMap((part) => {
      const { from, to, perHour, bound } = result[part]
      return [`${from.toFixed(1)} - ${to.toFixed(1)}`, signed(perHour), signed(bound)]
    }),
    result.peak.toFixed(1),
    `${result.spans}`,
    verdict(result),
  ])
  const slope = ['an hour', 'at most']
  const head = ['resident MiB', ...slope, 'heap', ...slope, 'in use', ...slope, 'peak', 'spans', '']
  const title = `hello at ${rate}/s, ${minutes} min, without the first third`
  return [...table([title, ...head], rows), ...problemsOf(results)].join('\n')
}

export function partsTable(results) {
  const rows = results.map(({ name, nanos, bytes }) => [
    name,
    nanos.toFixed(0),
    Number.isFinite(bytes) ? bytes.toFixed(0) : '',
  ])
  return table(['parts of the agent', 'ns', 'B garbage'], rows).join('\n')
}

function signed(value, digits = 1) {
  return value > 0 ? `+${value.toFixed(digits)}` : value.toFixed(digits)
}

function table(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)))
  const line = (cells) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
}
