import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { CryptoLogger } from './crypto.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { RecoverPublicKey } from './recovery.ts'
import {
  ANSWER,
  BATCH_LAYOUT,
  ITEMS_PER_TAKE,
  SENDER_WORKER_SOURCE,
  type WorkerBackend,
  type WorkerData,
} from './senderWorker.ts'

/** What is recovered: r || s, both in range, and the hash that they sign. */
export type PackedSignature = { compact: Uint8Array; yParity: 0 | 1; hash: Uint8Array }

/** Recovers many signatures at once, on threads that wait for work and on this one. */
export type SenderPool = {
  /**
   * Tells the 64-byte public key of each signature, or that it has none. The last few that another thread has in hand are
   * not told: nobody waits for a thread, so one that fails or is not scheduled costs no more than what it has taken.
   */
  recover(
    batch: readonly PackedSignature[],
    tell: (index: number, publicKey: Uint8Array | undefined) => void,
  ): Promise<void>
  /** Ends the threads; batches that run are finished by this thread alone, and so are later ones. */
  close(): Promise<void>
}

type Batch = { memory: SharedArrayBuffer; count: number; next: Int32Array; bytes: Uint8Array }

const MODULES: Record<WorkerBackend, string> = { native: 'secp256k1/bindings.js', wasm: '@bitauth/libauth' }

/** Threads start with the first batch and keep no process alive. One that fails is not started again. */
export function createSenderPool(
  deps: { logger: CryptoLogger; recover: RecoverPublicKey },
  options: { backend: WorkerBackend; threads: number; source?: string },
): SenderPool {
  let workers: Worker[] | undefined
  let isClosed = false
  return {
    async recover(signatures, tell) {
      const batch = packBatch(signatures)
      workers ??= isClosed ? [] : startWorkers(deps.logger, options)
      for (const worker of workers) worker.postMessage({ memory: batch.memory, count: batch.count })
      await recoverHere(batch, deps.recover)
      readAnswers(batch, tell)
    },
    async close() {
      isClosed = true
      await Promise.all((workers ?? []).map((worker) => worker.terminate()))
    },
  }
}

function startWorkers(
  logger: CryptoLogger,
  { backend, threads, source = SENDER_WORKER_SOURCE }: { backend: WorkerBackend; threads: number; source?: string },
): Worker[] {
  const onFailure = (cause: unknown) =>
    logger.warn('a recovery thread failed, signatures are recovered without it', { reason: String(cause) })
  try {
    const module = createRequire(import.meta.url).resolve(MODULES[backend])
    const workerData: WorkerData = { backend, module }
    return Array.from({ length: threads }, () => {
      const worker = new Worker(source, { eval: true, execArgv: [], workerData })
      worker.on('error', onFailure)
      worker.unref()
      return worker
    })
  } catch (cause) {
    onFailure(cause)
    return []
  }
}

function packBatch(signatures: readonly PackedSignature[]): Batch {
  const count = signatures.length
  const { headerBytes, itemBytes, answerBytes } = BATCH_LAYOUT
  const memory = new SharedArrayBuffer(headerBytes + count * (itemBytes + answerBytes))
  const bytes = new Uint8Array(memory)
  for (const [index, { compact, yParity, hash }] of signatures.entries()) {
    const at = headerBytes + index * itemBytes
    bytes.set(compact, at)
    bytes.set(hash, at + 64)
    bytes[at + 96] = yParity
  }
  return { memory, count, next: new Int32Array(memory, 0, 1), bytes }
}

/** Takes items like every other thread, until none is left. */
async function recoverHere({ next, count, bytes }: Batch, recover: RecoverPublicKey): Promise<void> {
  const { headerBytes, itemBytes, answerBytes } = BATCH_LAYOUT
  const answers = headerBytes + count * itemBytes
  for (;;) {
    const first = Atomics.add(next, 0, ITEMS_PER_TAKE)
    if (first >= count) return
    const end = Math.min(count, first + ITEMS_PER_TAKE)
    for (let index = first; index < end; index++) {
      const at = headerBytes + index * itemBytes
      // Libraries take no shared memory: this copies the item out of it.
      const item = bytes.slice(at, at + itemBytes)
      const publicKey = recover(item.subarray(0, 64), item[96] === 1 ? 1 : 0, item.subarray(64, 96))
      const answer = answers + index * answerBytes
      if (publicKey !== undefined) bytes.set(publicKey.subarray(1), answer + 1)
      Atomics.store(bytes, answer, publicKey === undefined ? ANSWER.none : ANSWER.key)
    }
    if (isTurnOver()) await giveWay()
  }
}

function readAnswers({ bytes, count }: Batch, tell: (index: number, publicKey: Uint8Array | undefined) => void): void {
  const { headerBytes, itemBytes, answerBytes } = BATCH_LAYOUT
  const answers = headerBytes + count * itemBytes
  for (let index = 0; index < count; index++) {
    const at = answers + index * answerBytes
    const state = Atomics.load(bytes, at)
    if (state === ANSWER.key) tell(index, bytes.slice(at + 1, at + answerBytes))
    else if (state === ANSWER.none) tell(index, undefined)
  }
}
