import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { devAccount } from '../genesis/accounts.ts'
import { runLoad } from '../load/run.ts'
import { machine } from '../load/statistics.ts'
import { connect } from '../load/target.ts'
import { type LoadReport, type Target, WORK_KINDS } from '../load/types.ts'
import { systemClock, systemTimers } from '../node/clock.ts'
import { SETTLEMENT_LIMITS } from '../rollup/limits.ts'
import { devnetSchema, type LoadCommandOptions } from './commands.ts'
import { startDevnet } from './devnet.ts'
import { accountFrom, type Environment } from './keys.ts'
import { progressOn, summaryLines } from './loadOutput.ts'
import { UsageError } from './options.ts'
import { processLogger } from './settings.ts'
import { untilSignal } from './shutdown.ts'

/** Dev account that pays where no key is given, on a devnet only. */
const PAYER = 8

/**
 * `reenact load`: mixed traffic on both chains of a running devnet, or of one in this process, and a report of what it cost
 * L1. The first Ctrl-C ends the traffic and reports what there is, a second one ends the process.
 */
export async function runLoadCommand(options: LoadCommandOptions, env: Environment): Promise<number> {
  requireWritable(options.report)
  const stopped = new AbortController()
  void untilSignal().then(() => stopped.abort())
  const progress = progressOn(process.stderr)
  const { target, close } = await open(options)
  try {
    const report = await runLoad(
      {
        seconds: options.duration,
        rate: options.rate,
        seed: options.seed,
        search: options.search ? WORK_KINDS : [],
        caps: SETTLEMENT_LIMITS,
      },
      {
        target,
        payer: accountFrom('REENACT_KEY', env, target.l1.chainId, () => devAccount(PAYER)),
        signal: stopped.signal,
        onProgress: progress.show,
        now: () => new Date(),
        machine: machine(),
      },
    )
    progress.end()
    if (options.report !== undefined) writeReport(options.report, report)
    console.log(options.json ? JSON.stringify(report) : summaryLines(report).join('\n'))
    return 0
  } finally {
    progress.end()
    await close()
  }
}

/** The chains of the URLs, or those of a devnet of its own. */
async function open(options: LoadCommandOptions): Promise<{ target: Target; close(): Promise<void> }> {
  const { l1, l2 } = options
  if ((l1 === undefined) !== (l2 === undefined)) {
    const missing = l1 === undefined ? '--l1' : '--l2'
    throw new UsageError('MISSING_VALUE', `${missing} is missing: a running devnet has two URLs, give both or neither`)
  }
  if (l1 !== undefined && l2 !== undefined) return { target: await connect(l1, l2), close: async () => undefined }
  const devnet = await startDevnet(
    devnetSchema.parse({
      'l1-port': 0,
      'l2-port': 0,
      'l1-block-time': options['l1-block-time'],
      'l2-block-time': options['l2-block-time'],
      engine: options.engine,
    }),
    { clock: systemClock, timers: systemTimers, logger: processLogger(options) },
  )
  const [rollup] = devnet.summary.rollups
  if (rollup === undefined) throw new Error('a devnet has a rollup')
  return { target: await connect(devnet.summary.l1Url, rollup.url), close: devnet.close }
}

/** Before the load, not after it. */
function requireWritable(path: string | undefined): void {
  if (path === undefined) return
  const isNew = !existsSync(path)
  try {
    closeSync(openSync(path, 'a'))
    if (isNew) rmSync(path)
  } catch (error) {
    throw new UsageError('BAD_FILE', `cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function writeReport(path: string, report: LoadReport): void {
  try {
    writeFileSync(path, `${JSON.stringify(report, null, 1)}\n`)
  } catch (error) {
    throw new UsageError('BAD_FILE', `cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
}
