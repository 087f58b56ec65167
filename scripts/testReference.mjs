// The suite on the library's own code (--engine reference), which takes several times as long as on ours: `npm run
// test:reference -- [vitest arguments]`. Ends with a summary of its own: what failed, and where the time went.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const TIMEOUT_MS = '600000'
const SLOWEST = 5

const folder = mkdtempSync(join(tmpdir(), 'reenact-reference-'))
const report = join(folder, 'report.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const timeouts = ['--testTimeout', TIMEOUT_MS, '--hookTimeout', TIMEOUT_MS]
const started = performance.now()
const { status } = spawnSync('npx', ['vitest', 'run', ...timeouts, ...reporters, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, REENACT_ENGINE: 'reference' },
})
if (existsSync(report)) console.log(summary(JSON.parse(readFileSync(report, 'utf8'))))
rmSync(folder, { recursive: true, force: true })
process.exit(status ?? 1)

function summary({ testResults: files, numPassedTests, numFailedTests, numPendingTests }) {
  const spent = ({ startTime, endTime }) => endTime - startTime
  const nameOf = ({ name }) => relative(process.cwd(), name)
  const failed = files.filter((file) => file.status !== 'passed')
  const slowest = files.toSorted((a, b) => spent(b) - spent(a)).slice(0, SLOWEST)
  const minutes = ((performance.now() - started) / 60_000).toFixed(1)
  return [
    `engine reference: ${files.length - failed.length} files passed, ${failed.length} failed;` +
      ` ${numPassedTests} tests passed, ${numFailedTests} failed, ${numPendingTests} skipped; ${minutes} min`,
    ...failed.map((file) => `  failed: ${nameOf(file)}`),
    ...slowest.map((file) => `  slow: ${nameOf(file)} ${Math.round(spent(file) / 1_000)} s`),
  ].join('\n')
}
