// Summaries that outliers do not move.

export function median(values) {
  return quantile(values, 0.5)
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** @returns median, quartiles and extremes */
export function summary(values) {
  return {
    median: median(values),
    q1: quantile(values, 0.25),
    q3: quantile(values, 0.75),
    min: Math.min(...values),
    max: Math.max(...values),
  }
}

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)]
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at))
}
