import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { createCrypto, type SignedHash } from '../../execution/crypto.ts'
import { createRecovery, type RecoverPublicKey, type RecoveryBackend } from '../../execution/recovery.ts'
import { createSenderPool, type PackedSignature } from '../../execution/senderPool.ts'
import { createSenderRecovery } from '../../execution/senders.ts'
import { ITEMS_PER_TAKE } from '../../execution/senderWorker.ts'
import { bytesToBigint, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const quiet = { info() {}, warn() {} }

/** `count` signatures by as many keys, and the addresses of the keys. */
function sign(count: number, seed: number): { items: SignedHash[]; senders: string[] } {
  const items: SignedHash[] = []
  const senders: string[] = []
  for (let i = 0; i < count; i++) {
    const secretKey = keccak_256(Uint8Array.of(seed, i >> 8, i & 255))
    const hash = keccak_256(secretKey)
    const bytes = secp256k1.sign(hash, secretKey, { prehash: false, format: 'recovered' })
    const signature = {
      r: bytesToBigint(bytes.subarray(1, 33)),
      s: bytesToBigint(bytes.subarray(33)),
      yParity: bytes[0] ?? 0,
    }
    items.push({ hash, signature })
    senders.push(bytesToHex(keccak_256(secp256k1.getPublicKey(secretKey, false).subarray(1)).subarray(12)))
  }
  return { items, senders }
}

/** Slow enough that other threads get their share. */
function slowly(recover: RecoverPublicKey): RecoverPublicKey {
  return (...args) => {
    const until = performance.now() + 1
    while (performance.now() < until);
    return recover(...args)
  }
}

/** Counts what the thread of the test recovers itself. */
async function counted(backend: RecoveryBackend, threads: number) {
  const recovery = await createRecovery(quiet, [backend])
  let calls = 0
  const recover = slowly((...args) => {
    calls++
    return recovery.recover(...args)
  })
  const senders = createSenderRecovery({ logger: quiet, backend, recover }, { threads })
  return { ...senders, calls: () => calls }
}

describe.each<'native' | 'wasm'>(['native', 'wasm'])('a batch with %s', (backend) => {
  test('is recovered on several threads and known afterwards', async () => {
    const { items } = sign(400, 1)
    const { recoverSenders, recoverPublicKey, close, calls } = await counted(backend, 2)
    try {
      await recoverSenders(items)
      const ahead = calls()
      expect(ahead).toBeLessThan(400)
      const keys = items.map(({ hash, signature }) => recoverPublicKey(hash, signature))
      // What the two threads had in hand at the end is recovered again.
      expect(calls() - ahead).toBeLessThanOrEqual(2 * ITEMS_PER_TAKE)
      const alone = await createCrypto({ logger: quiet }, { recoveryBackends: ['noble'] })
      for (const [index, { hash, signature }] of items.entries()) {
        expect(keys[index]).toEqual(alone.recoverPublicKey(hash, signature))
      }
    } finally {
      await close()
    }
  })

  test('what recovers to nothing is known as that, and what is out of range harms no other', async () => {
    const { items, senders } = sign(160, 2)
    const first = items[0]
    if (first === undefined) throw new Error('there is a first signature')
    const broken = [
      { hash: first.hash, signature: { r: 5n, s: 1n, yParity: 0 } },
      { hash: first.hash, signature: { r: N, s: 1n, yParity: 0 } },
      { hash: first.hash, signature: { r: 1n, s: 0n, yParity: 1 } },
      { hash: first.hash, signature: { r: 1n, s: 1n, yParity: 2 } },
    ]
    const crypto = await createCrypto({ logger: quiet }, { recoveryBackends: [backend], recoveryThreads: 1 })
    try {
      await crypto.recoverSenders([...broken, ...items, ...items])
      for (const { hash, signature } of broken) expect(crypto.recoverSender(hash, signature)).toBeUndefined()
      expect(items.map(({ hash, signature }) => bytesToHex(crypto.recoverSender(hash, signature) ?? hash))).toEqual(
        senders,
      )
    } finally {
      await crypto.close()
    }
  })
})

test('few signatures, no threads, or plain JavaScript: nothing is done ahead', async () => {
  const { items } = sign(128, 3)
  for (const [backend, threads, count] of [
    ['native', 2, 127],
    ['native', 0, 128],
    ['noble', 2, 128],
  ] as const) {
    const { recoverSenders, close, calls } = await counted(backend, threads)
    await recoverSenders(items.slice(0, count))
    expect(calls()).toBe(0)
    await close()
  }
})

describe('a thread that fails', async () => {
  const { recover } = await createRecovery(quiet, ['native'])
  const { items, senders } = sign(300, 4)
  const packed = items.map(({ hash, signature: { r, s, yParity } }): PackedSignature => {
    const word = (value: bigint) => value.toString(16).padStart(64, '0')
    return { compact: hexToBytes(word(r) + word(s)), yParity: yParity === 1 ? 1 : 0, hash }
  })
  /** Takes items and never answers for them. */
  const taking = `
    const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ memory }) => {
      Atomics.add(new Int32Array(memory, 0, 1), 0, ${ITEMS_PER_TAKE})
      throw new Error('out of order')
    })`

  test.each([
    ['while it starts', `throw new Error('out of order')`],
    ['with items in hand', taking],
  ])('%s: the batch ends, what it left is not told, one warning', async (_name, source) => {
    const warnings: unknown[] = []
    const logger = { info() {}, warn: (_event: string, fields?: Record<string, unknown>) => warnings.push(fields) }
    const pool = createSenderPool({ logger, recover: slowly(recover) }, { backend: 'native', threads: 1, source })
    for (const _round of [1, 2]) {
      const told = new Map<number, Uint8Array | undefined>()
      await pool.recover(packed, (index, publicKey) => told.set(index, publicKey))
      expect(told.size).toBeGreaterThanOrEqual(packed.length - ITEMS_PER_TAKE)
      for (const [index, key] of told) {
        expect(bytesToHex(keccak_256(key ?? new Uint8Array()).subarray(12))).toBe(senders[index])
      }
    }
    await expect.poll(() => warnings).toEqual([{ reason: 'Error: out of order' }])
    await pool.close()
  })

  test('closed in the middle and before: the batch is finished here', async () => {
    const pool = createSenderPool({ logger: quiet, recover }, { backend: 'native', threads: 1 })
    const batches = [1, 2].map(async () => {
      let told = 0
      await pool.recover(packed, () => told++)
      return told
    })
    await pool.close()
    for (const told of await Promise.all(batches)) expect(told).toBeGreaterThanOrEqual(packed.length - ITEMS_PER_TAKE)
    let told = 0
    await pool.recover(packed, () => told++)
    expect(told).toBe(packed.length)
  })
})
