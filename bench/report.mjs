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
    result.problems.length > 0 ? 'DOES NOT COUNT' : '',
  ])
  const head = ['us CPU', 'ratio', 'quartiles', 'min - max', 'added us', 'of lean', 'spans', 'req/s', 'B/span', '']
  const problems = results.flatMap(({ agent, problems }) =>
    problems.map((problem) => `  ${agent}: ${problem.trimEnd()}`),
  )
  return [...table([`${app.about}`, ...head], rows), ...problems].join('\n')
}

export function latencyTable(results) {
  const rows = results.map(({ agent, p50, p50Ratio, p99, p99Ratio }) => [
    agent,
    p50.median.toFixed(3),
    p50Ratio === undefined ? '' : p50Ratio.median.toFixed(2),
    p99.median.toFixed(3),
    p99Ratio === undefined ? '' : p99Ratio.median.toFixed(2),
    p99Ratio === undefined ? '' : `${p99Ratio.q1.toFixed(2)} - ${p99Ratio.q3.toFixed(2)}`,
  ])
  const head = ['p50 ms', 'ratio', 'p99 ms', 'ratio', 'quartiles']
  return table([`latency, express at ${results[0].rate}/s`, ...head], rows).join('\n')
}

export function pauseTable(results) {
  const rows = results.map(({ agent, longest, over }) => [
    agent,
    longest.median.toFixed(2),
    over === undefined ? '' : signed(over.median, 2),
    over === undefined ? '' : `${signed(over.q1, 2)} - ${signed(over.q3, 2)}`,
  ])
  const head = ['ms', 'over bare', 'quartiles']
  return table([`longest pause, hello at ${results[0].rate}/s`, ...head], rows).join('\n')
}

export function startupTable(results) {
  const rows = results.map(({ agent, kind, wall, wallOver, cpu, cpuOver }) => [
    `${kind} ${agent}`,
    wall.median.toFixed(1),
    wallOver === undefined ? '' : signed(wallOver.median),
    wallOver === undefined ? '' : `${signed(wallOver.q1)} - ${signed(wallOver.q3)}`,
    Number.isNaN(cpu.median) ? '' : cpu.median.toFixed(1),
    cpuOver === undefined || Number.isNaN(cpuOver.median) ? '' : signed(cpuOver.median),
  ])
  return table(['start-up to listening', 'ms', 'over bare', 'quartiles', 'ms CPU', 'over bare'], rows).join('\n')
}

export function memoryTable(results, { rate }) {
  const rows = results.map((result) => [
    result.agent,
    result.atStart.toFixed(1),
    result.atStartOver === undefined ? '' : signed(result.atStartOver),
    result.loaded.toFixed(1),
    result.loadedOver === undefined ? '' : signed(result.loadedOver),
    result.peak.toFixed(1),
    result.peakOver === undefined ? '' : signed(result.peakOver),
    result.p50.toFixed(2),
    result.p99.toFixed(2),
    `${Math.round(result.rate)}/s`,
  ])
  const head = ['MiB start', 'over', 'loaded', 'over', 'peak', 'over', 'p50 ms', 'p99 ms', 'load']
  return table([`memory, hello at ${rate}/s`, ...head], rows).join('\n')
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
