import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { describe, expect, test } from 'vitest'
import { type Crypto, createCrypto } from '../../execution/crypto.ts'
import type { RecoveryBackend } from '../../execution/recovery.ts'
import { bytesToBigint, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn

type LogLine = { level: 'info' | 'warn'; event: string; fields?: Record<string, unknown> | undefined }

function recordingLogger() {
  const lines: LogLine[] = []
  return {
    lines,
    info: (event: string, fields?: Record<string, unknown>) => lines.push({ level: 'info', event, fields }),
    warn: (event: string, fields?: Record<string, unknown>) => lines.push({ level: 'warn', event, fields }),
  }
}

function randomBytes(seed: number, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let block = Uint8Array.of(seed & 0xff, seed >> 8)
  for (let i = 0; i < length; i += 32) {
    block = new Uint8Array(keccak_256(block))
    out.set(block.subarray(0, Math.min(32, length - i)), i)
  }
  return out
}

function nobleRecover(hash: Uint8Array, r: bigint, s: bigint, yParity: number): string | undefined {
  if (yParity !== 0 && yParity !== 1) return undefined
  const hex = (value: bigint) => value.toString(16).padStart(64, '0')
  try {
    const signature = secp256k1.Signature.fromBytes(hexToBytes(hex(r) + hex(s)), 'compact').addRecoveryBit(yParity)
    return bytesToHex(signature.recoverPublicKey(hash).toBytes(false).subarray(1))
  } catch {
    return undefined
  }
}

describe('hashes', async () => {
  const crypto = await createCrypto({ logger: recordingLogger() })

  test('keccak256 agrees with noble on every length around the block and chunk sizes, on views and on buffers', () => {
    for (const length of [0, 1, 31, 32, 64, 135, 136, 137, 271, 272, 273, 16383, 16384, 16385, 40_000]) {
      const bytes = randomBytes(length, length)
      expect(bytesToHex(crypto.keccak256(bytes))).toBe(bytesToHex(keccak_256(bytes)))
      expect(bytesToHex(crypto.keccak256(Buffer.from(bytes)))).toBe(bytesToHex(keccak_256(bytes)))
      const wide = randomBytes(1, length + 7)
      expect(bytesToHex(crypto.keccak256(wide.subarray(3, 3 + length)))).toBe(
        bytesToHex(keccak_256(wide.slice(3, 3 + length))),
      )
    }
  })

  test('a digest stays what it was after the next call, and a bad argument leaves no state behind', () => {
    const first = crypto.keccak256(Uint8Array.of(1))
    crypto.keccak256(Uint8Array.of(2))
    expect(bytesToHex(first)).toBe(bytesToHex(keccak_256(Uint8Array.of(1))))
    expect(() => crypto.keccak256(undefined as unknown as Uint8Array)).toThrow()
    expect(bytesToHex(crypto.keccak256(Uint8Array.of(3)))).toBe(bytesToHex(keccak_256(Uint8Array.of(3))))
  })

  test('sha256 agrees with noble below and above the switch to the native hash', () => {
    for (const length of [0, 1, 55, 64, 1023, 1024, 5000]) {
      const bytes = randomBytes(length, length)
      expect(bytesToHex(crypto.sha256(bytes))).toBe(bytesToHex(nobleSha256(bytes)))
    }
  })
})

const edgeScalars = [0n, 1n, 2n, 5n, N / 2n, N / 2n + 1n, N - 1n, N, N + 1n, P - N - 1n, P - N, P - N + 1n, P - 1n, P]
const allOnes = 2n ** 256n - 1n

describe.each<RecoveryBackend>(['native', 'wasm', 'noble'])('recovery with %s', async (backend) => {
  const crypto = await createCrypto({ logger: recordingLogger() }, { recoveryBackends: [backend] })
  const recovered = (target: Crypto, hash: Uint8Array, r: bigint, s: bigint, yParity: number) => {
    const key = target.recoverPublicKey(hash, { r, s, yParity })
    return key === undefined ? undefined : bytesToHex(key)
  }

  test('accepts and rejects exactly what noble does at the edges of every range', () => {
    const hashes = [new Uint8Array(32), randomBytes(9, 32), new Uint8Array(32).fill(0xff)]
    let accepted = 0
    for (const hash of hashes) {
      for (const r of [...edgeScalars, allOnes]) {
        for (const s of [...edgeScalars, allOnes]) {
          for (const yParity of [0, 1]) {
            const expected = nobleRecover(hash, r, s, yParity)
            expect(recovered(crypto, hash, r, s, yParity)).toBe(expected)
            if (expected !== undefined) accepted++
          }
        }
      }
    }
    expect(accepted).toBeGreaterThan(20)
  }, 60_000)

  test('accepts and rejects exactly what noble does on random and on damaged signatures', () => {
    for (let i = 0; i < 60; i++) {
      const hash = randomBytes(100 + i, 32)
      const key = randomBytes(300 + i, 32)
      const signature = secp256k1.sign(hash, key, { prehash: false, format: 'recovered' })
      const yParity = signature[0] ?? 0
      const r = bytesToBigint(signature.subarray(1, 33))
      const s = bytesToBigint(signature.subarray(33))
      const publicKey = bytesToHex(secp256k1.getPublicKey(key, false).subarray(1))
      expect(recovered(crypto, hash, r, s, yParity)).toBe(publicKey)
      expect(recovered(crypto, hash, r, N - s, 1 - yParity)).toBe(publicKey)
      const randomR = bytesToBigint(randomBytes(500 + i, 32))
      expect(recovered(crypto, hash, randomR, s, yParity)).toBe(nobleRecover(hash, randomR, s, yParity))
    }
  }, 60_000)

  test('never accepts a recovery id other than 0 and 1, so r + n is out of reach', () => {
    for (const yParity of [2, 3, -1, 27, 0.5, Number.NaN]) {
      expect(crypto.recoverPublicKey(new Uint8Array(32), { r: 1n, s: 1n, yParity })).toBeUndefined()
    }
  })

  test('refuses the key at infinity: s * R = z * G', () => {
    // R = G, so r is G's x coordinate; s = z makes u1 * G + u2 * R the point at infinity.
    const z = bytesToBigint(randomBytes(77, 32)) % N
    const hash = hexToBytes(z.toString(16).padStart(64, '0'))
    const r = secp256k1.Point.BASE.toAffine().x
    const yParity = Number(secp256k1.Point.BASE.toAffine().y & 1n)
    expect(crypto.recoverPublicKey(hash, { r, s: z, yParity })).toBeUndefined()
    expect(crypto.recoverPublicKey(hash, { r, s: z, yParity: 1 - yParity })).toBeDefined()
  })

  test('gives the address, twice the same through the memo', () => {
    const hash = randomBytes(5, 32)
    const key = hexToBytes('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
    const signature = secp256k1.sign(hash, key, { prehash: false, format: 'recovered' })
    const parts = {
      r: bytesToBigint(signature.subarray(1, 33)),
      s: bytesToBigint(signature.subarray(33)),
      yParity: signature[0] ?? 0,
    }
    for (let i = 0; i < 2; i++) {
      const sender = crypto.recoverSender(hash, parts)
      expect(sender && bytesToHex(sender)).toBe('f39fd6e51aad88f6f4ce6ab8827279cfffb92266')
    }
  })
})

describe('choice of the backend', () => {
  test('native is taken first and said so', async () => {
    const logger = recordingLogger()
    const crypto = await createCrypto({ logger }, { paths: 'fast' })
    expect(crypto.recoveryBackend).toBe('native')
    expect(logger.lines).toEqual([{ level: 'info', event: 'signature recovery', fields: { backend: 'native' } }])
  })

  test('a backend that does not load is skipped with a warning', async () => {
    const logger = recordingLogger()
    const missing = 'missing' as RecoveryBackend
    const crypto = await createCrypto({ logger }, { recoveryBackends: [missing, 'wasm'] })
    expect(crypto.recoveryBackend).toBe('wasm')
    expect(logger.lines.map((line) => line.level)).toEqual(['warn', 'info'])
    expect(logger.lines[0]?.fields?.backend).toBe('missing')
  })
})

describe('ecrecover for EthereumJS', async () => {
  const crypto = await createCrypto({ logger: recordingLogger() })
  const ecrecover = crypto.customCrypto.ecrecover
  if (ecrecover === undefined) throw new Error('no ecrecover')
  const hash = randomBytes(1, 32)
  const key = randomBytes(2, 32)
  const signature = secp256k1.sign(hash, key, { prehash: false, format: 'recovered' })
  const [r, s] = [signature.slice(1, 33), signature.slice(33)]
  const parity = BigInt(signature[0] ?? 0)
  const expected = bytesToHex(secp256k1.getPublicKey(key, false).subarray(1))

  test('understands parity, 27/28 and EIP-155 forms', () => {
    expect(bytesToHex(ecrecover(hash, parity, r, s))).toBe(expected)
    expect(bytesToHex(ecrecover(hash, parity + 27n, r, s))).toBe(expected)
    const chainId = 3503995874084926n
    expect(bytesToHex(ecrecover(hash, chainId * 2n + 35n + parity, r, s, chainId))).toBe(expected)
  })

  test.each([2n, 26n, 29n, 37n])('throws for v = %s', (v) => {
    expect(() => ecrecover(hash, v, r, s)).toThrow()
  })

  test('throws for an impossible signature, also the second time', () => {
    for (let i = 0; i < 2; i++) expect(() => ecrecover(hash, 27n, Uint8Array.of(5), Uint8Array.of(1))).toThrow()
  })
})
