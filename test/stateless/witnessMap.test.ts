import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { MAX_NAMES, readAccessNames } from '../../stateless/accessNames.ts'
import { bytesToHex, concatBytes } from '../../stateless/bytes.ts'
import { keccak256, setKeccak256 } from '../../stateless/keccak.ts'
import { locateMissingNode } from '../../stateless/missingParts.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { readWitnessHeaders } from '../../stateless/witnessHeaders.ts'
import { mapWitness } from '../../stateless/witnessMap.ts'
import { readWitness } from '../../stateless/witnessReading.ts'
import { SEED } from './arbitraries.ts'
import { createTestL2, type TestL2 } from './l2.ts'
import { buildMixedBlock, prepare } from './mixedBlock.ts'

const FULL = process.env.REENACT_FULL === '1'
/** every so many nodes is left out once */
const STEP = FULL ? 1 : 10

let l2: TestL2
/** 97 transactions; slots are cleared, so nodes are needed that no key leads to */
let input: StatelessInput
beforeAll(async () => {
  l2 = await createTestL2()
  ;({ input } = await buildMixedBlock(l2, await prepare(l2)))
})

const namesOf = () => readAccessNames(input.newPayloadRequest.executionPayload)

describe('the witness of a large block', () => {
  test('is hashed with pauses where there are any, and the block is as good', async () => {
    let [asked, waited] = [0, 0]
    const pause = () => {
      asked += 1
      return asked % 10 === 0 ? Promise.resolve().then(() => void waited++) : undefined
    }
    const { valid, result } = await verifyStatelessNewPayload(input, { runBlock: l2.engine.runBlock, pause })
    expect({ valid, result }).toEqual({ valid: true, result: { ...result, successfulValidation: true } })
    const items = input.witness.state.length + input.witness.codes.length
    expect([asked, waited]).toEqual([items, Math.floor(items / 10)])
  })

  test('lies in the tries as a whole, and is needed as a whole', async () => {
    const { nodes, codes, headers } = await readWitness(input, { runBlock: l2.engine.runBlock })
    expect(nodes.filter(({ place }) => place === undefined || place.kind === 'malformed')).toEqual([])
    expect([...nodes, ...codes, ...headers].filter(({ used }) => !used)).toEqual([])
    expect(headers.length).toBeGreaterThan(1)
    expect(codes.filter(({ accounts }) => accounts.length === 0)).toEqual([])
  })

  test('code too much is not needed', async () => {
    const surplus = { ...input.witness, codes: [...input.witness.codes, Uint8Array.of(1, 2, 3)] }
    const { codes } = await readWitness({ ...input, witness: surplus }, { runBlock: l2.engine.runBlock })
    expect(codes.filter(({ used }) => !used)).toMatchObject([{ bytes: 3, accounts: [] }])
  })

  test('a node that is left out is found where the walk missed it', async () => {
    const { nodes } = await readWitness(input, { runBlock: l2.engine.runBlock })
    const siblings = nodes.filter(
      ({ place }) => place?.kind === 'leaf' && place.trie === 'storage' && !place.slots.length,
    )
    expect(siblings.length).toBeGreaterThan(0)
    for (const [left, node] of nodes.entries()) {
      if (left % STEP !== 0 && node !== siblings[0]) continue
      const state = input.witness.state.filter((_, index) => index !== left)
      const gap = { ...input, witness: { ...input.witness, state } }
      const verification = await verifyStatelessNewPayload(gap, { runBlock: l2.engine.runBlock })
      if (verification.valid) throw new Error(`node ${left} is not needed`)
      const { code, data } = verification.reason
      const hash = bytesToHex(node.hash)
      expect([code, data.hash]).toEqual(['MISSING_NODE', hash])
      const missing = locateMissingNode(gap, hash)
      expect(missing).toMatchObject({ hash, path: data.path, trie: node.place?.trie })
      if (siblings.includes(node)) expect(missing?.slots).toEqual([])
    }
  })
})

describe('a hostile witness', () => {
  test('that refers to one node many times is gone through once', () => {
    // 30 levels of branches with sixteen times the same child: 16^30 ways to the bottom
    let node = keccak256(Uint8Array.of(1))
    const state: Uint8Array[] = []
    for (let level = 0; level < 30; level++) {
      const child = concatBytes([Uint8Array.of(0xa0), node])
      const rlp = concatBytes([
        Uint8Array.of(0xf9, 0x02, 0x11),
        ...Array.from({ length: 16 }, () => child),
        Uint8Array.of(0x80),
      ])
      state.push(rlp)
      node = keccak256(rlp)
    }
    const { nodes, absent } = mapWitness({ state }, node, new Map())
    expect(nodes.size).toBe(30)
    expect([...absent.keys()]).toEqual([bytesToHex(keccak256(Uint8Array.of(1)))])
  })

  test('of random bytes, or with bytes changed, is no reason to throw', () => {
    const { parent } = readWitnessHeaders(input.witness.headers)
    const names = namesOf()
    const place = fc.tuple(fc.nat(), fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(fc.array(place, { maxLength: 20 }), (places) => {
        const state = input.witness.state.map((node) => node.slice())
        for (const [item, offset, byte] of places) {
          const node = state[item % state.length]
          if (node !== undefined) node[offset % node.length] = byte
        }
        const [root] = state
        mapWitness({ state }, root === undefined ? parent.stateRoot : keccak256(root), names)
        mapWitness({ state }, parent.stateRoot, names)
      }),
      { seed: SEED, numRuns: FULL ? 2_000 : 50 },
    )
  })

  test('names nothing where nothing can be read', () => {
    const payload = input.newPayloadRequest.executionPayload
    const broken = {
      ...payload,
      transactions: [Uint8Array.of(2, 0xc1), Uint8Array.of(0xc0)],
      blockAccessList: Uint8Array.of(1),
    }
    expect([...readAccessNames(broken).values()].map(({ address }) => address)).toEqual([
      bytesToHex(payload.feeRecipient),
    ])
  })

  test('names no more than a block can, however much is claimed', () => {
    const payload = input.newPayloadRequest.executionPayload
    const account = Uint8Array.of(0x94, ...new Uint8Array(20))
    const slot = (index: number) => Uint8Array.of(0x83, 1 + (index >> 16), index >> 8, index)
    const slots = rlpList(concatBytes(Array.from({ length: MAX_NAMES + 1 }, (_, index) => slot(index))))
    const list = rlpList(rlpList(concatBytes([account, EMPTY, slots, EMPTY, EMPTY, EMPTY])))
    const named = (changed: object) => {
      const accounts = [...readAccessNames({ ...payload, transactions: [], ...changed }).values()]
      return accounts.reduce((sum, { slots }) => sum + 1 + slots.size, 0)
    }
    expect(named({ blockAccessList: list })).toBe(1)
    const entry = (index: number) => rlpList(concatBytes([account.with(1, index), rlpList(key(index))]))
    const key = (index: number) => Uint8Array.of(0xa0, ...new Uint8Array(31), index)
    const fields = new Uint8Array(7).fill(0x80)
    const accessList = rlpList(concatBytes(Array.from({ length: 200 }, (_, index) => entry(index))))
    const transaction = Uint8Array.of(2, ...rlpList(concatBytes([fields, fields.subarray(6), accessList])))
    const blockAccessList = EMPTY
    expect(named({ blockAccessList, transactions: [transaction] })).toBe(401)
    const many = Array.from({ length: 200 }, () => transaction)
    const calls = countHashes(() => named({ blockAccessList, transactions: many }))
    expect(calls).toBe(MAX_NAMES)
  })
})

function countHashes(work: () => void): number {
  let hashes = 0
  setKeccak256((bytes) => {
    hashes += 1
    return keccak_256(bytes)
  })
  hashes = 0
  try {
    work()
    return hashes
  } finally {
    setKeccak256(keccak_256)
  }
}

const EMPTY = Uint8Array.of(0xc0)

/** with a length of three bytes, or of one */
function rlpList(items: Uint8Array): Uint8Array {
  const { length } = items
  if (length < 56) return concatBytes([Uint8Array.of(0xc0 + length), items])
  if (length < 256) return concatBytes([Uint8Array.of(0xf8, length), items])
  if (length < 65_536) return concatBytes([Uint8Array.of(0xf9, length >> 8, length), items])
  return concatBytes([Uint8Array.of(0xfa, length >> 16, length >> 8, length), items])
}
