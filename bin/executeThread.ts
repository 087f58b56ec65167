/** What the thread of executeWorker.ts runs: an engine of its own, which judges one input after the other. */
import { availableParallelism } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { createCrypto } from '../execution/crypto.ts'
import { createRunBlock } from '../execution/runBlock.ts'
import { createJudge } from '../precompiles/judge.ts'
import { setKeccak256 } from '../stateless/keccak.ts'
import type { FromThread, ThreadSetup, ToThread } from './executeWorker.ts'

/** Recovery takes the cores that neither this thread nor the event loop needs. */
const MOST_RECOVERY_THREADS = 4

const { paths } = workerData as ThreadSetup
const tell = (message: FromThread): void => parentPort?.postMessage(message)
const log =
  (level: 'warn' | 'error') =>
  (event: string, fields: Record<string, unknown> = {}): void =>
    tell({ kind: 'log', level, event, fields })
const logger = { info: () => {}, warn: log('warn'), error: log('error') }
const recoveryThreads = Math.max(0, Math.min(MOST_RECOVERY_THREADS, availableParallelism() - 2))

const crypto = await createCrypto({ logger }, { paths, recoveryThreads })
setKeccak256(crypto.keccak256)
// Nobody else waits for this thread, so a run need not give way.
const runBlock = createRunBlock({ crypto, logger }, { paths, yieldEveryMs: Number.POSITIVE_INFINITY })
const judge = createJudge({ runBlock })

parentPort?.on('message', async ({ input, budget }: ToThread) => {
  try {
    tell({ kind: 'found', finding: await judge(input, budget) })
  } catch (cause) {
    tell({ kind: 'failed', reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) })
  }
})
