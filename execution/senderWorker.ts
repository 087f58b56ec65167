/**
 * One batch of signatures in memory that all threads share: a counter (the next item to take), then 97 bytes for each item
 * (r, s, hash, y parity), then 65 bytes for each answer (state, x, y).
 */
export const BATCH_LAYOUT = { headerBytes: 4, itemBytes: 97, answerBytes: 65 } as const
/** First byte of an answer, written last. `open`: nobody has taken it, or who did is not ready. */
export const ANSWER = { open: 0, key: 1, none: 2 } as const
/** Items that a thread takes at once: a quarter of a millisecond of native work. */
export const ITEMS_PER_TAKE = 8

export type WorkerBackend = 'native' | 'wasm'
/** `module`: path of the library, as the thread that starts the worker resolves it. */
export type WorkerData = { backend: WorkerBackend; module: string }

/**
 * What a recovery thread runs: plain JavaScript as text, because a thread cannot load TypeScript on every Node that we
 * support and tests run from the sources. It answers in
 * the shared memory alone. The numbers are those of the constants above; senderPool.ts takes items in the same way.
 */
export const SENDER_WORKER_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
const { pathToFileURL } = require('node:url')

async function load({ backend, module }) {
  if (backend === 'native') {
    const { ecdsaRecover } = require(module)
    return (compact, yParity, hash) => {
      try {
        return ecdsaRecover(compact, yParity, hash, false)
      } catch (cause) {
        if (/could not be (parsed|recover)/.test(cause.message)) return undefined
        throw cause
      }
    }
  }
  const { instantiateSecp256k1 } = await import(pathToFileURL(module))
  const library = await instantiateSecp256k1()
  return (compact, yParity, hash) => {
    const key = library.recoverPublicKeyUncompressed(compact, yParity, hash)
    return typeof key === 'string' ? undefined : key
  }
}

function serve(recover, { memory, count }) {
  const next = new Int32Array(memory, 0, 1)
  const bytes = new Uint8Array(memory)
  const answers = ${BATCH_LAYOUT.headerBytes} + count * ${BATCH_LAYOUT.itemBytes}
  for (;;) {
    const first = Atomics.add(next, 0, ${ITEMS_PER_TAKE})
    if (first >= count) return
    const end = Math.min(count, first + ${ITEMS_PER_TAKE})
    for (let i = first; i < end; i++) {
      const at = ${BATCH_LAYOUT.headerBytes} + i * ${BATCH_LAYOUT.itemBytes}
      // Libraries take no shared memory, so each item is copied out.
      const item = bytes.slice(at, at + ${BATCH_LAYOUT.itemBytes})
      const key = recover(item.subarray(0, 64), item[96], item.subarray(64, 96))
      const answer = answers + i * ${BATCH_LAYOUT.answerBytes}
      if (key !== undefined) bytes.set(key.subarray(1), answer + 1)
      Atomics.store(bytes, answer, key === undefined ? ${ANSWER.none} : ${ANSWER.key})
    }
  }
}

load(workerData).then((recover) => {
  parentPort.on('message', (batch) => serve(recover, batch))
})
`
