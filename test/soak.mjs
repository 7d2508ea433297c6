// npm run soak [minutes]: floods, kills and restarts programs and their collector, and accounts for every span.
import { owning } from '../dist/test/harness/owner.js'
import { soak } from '../dist/test/harness/soak.js'

const minutes = Number(process.argv[2] ?? 3)
const report = await owning((owner) => soak(owner, { seconds: 60 * minutes }))
const { missing, twice, ...numbers } = report
console.table(numbers)
for (const [what, names] of Object.entries({ missing, twice })) {
  console.log(`${what}: ${names.length} ${names.slice(0, 10).join(' ')}`)
}
if (missing.length > 0 || twice.length > 0) process.exitCode = 1
