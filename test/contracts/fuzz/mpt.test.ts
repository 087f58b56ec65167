import { toHex } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Artifact } from '../../../scripts/lib/solidity.mjs'
import { verifyProof } from '../../../stateless/proof.ts'
import { compile } from '../../compile.ts'
import { createFastChain, type FastChain } from './chain.ts'
import { randomCase, randomSlotCase, slotValue, tidyLeaf } from './proofCases.ts'
import { createRandom } from './random.ts'
import { randomTrie, randomWorld } from './tries.ts'
import {
  DIFFERENCES,
  type Difference,
  differenceOf,
  SLOT_DIFFERENCES,
  type SlotDifference,
  type SolidityAnswer,
  sameVerdict,
  slotDifferenceOf,
  type Verdict,
  type Verdicts,
  verdictOf,
  verdictOfAnswer,
} from './verdicts.ts'

const FULL = process.env.REENACT_FULL === '1'
/** with SLOT_CASES: 10,000 in full */
const CASES = FULL ? 8_000 : 320
const SLOT_CASES = FULL ? 2_000 : 80
const BATCH = 40
const SEED = 8079

let harness: Artifact
let chain: FastChain
let address: `0x${string}`
beforeAll(async () => {
  harness = compile({ Proofs: 'test/contracts/fuzz/Proofs.sol' }).Proofs
  chain = await createFastChain({ chainId: 1 })
  address = (await chain.deploy(harness)).address
})

const ask = (name: string, cases: unknown[]) =>
  chain.read<[SolidityAnswer[], SolidityAnswer[]]>(address, harness.abi, name, [cases], { gas: 10_000_000_000n })

/** Fails with the whole case, ready to be run again, when somebody accepts what is not so. */
function requireTruth(one: { label: string; truth: Verdict | undefined }, verdicts: Verdicts): void {
  if (one.truth === undefined) return
  for (const [who, verdict] of Object.entries(verdicts)) {
    if (verdict.kind === 'refused') continue
    if (!sameVerdict(verdict, one.truth)) throw new Error(`${who}: ${JSON.stringify({ ...one, verdict }, hexOfBytes)}`)
  }
}

const hexOfBytes = (_: string, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value)

describe('Mpt.get, TrieProof and the trie', () => {
  it(`agree on ${CASES} proofs of all kinds, but for a closed set of differences`, async () => {
    const random = createRandom(SEED)
    const seen = new Set<Difference>()
    const kinds = { value: 0, absent: 0, refused: 0 }
    for (let done = 0; done < CASES; done += BATCH) {
      const sample = randomTrie(random)
      const cases = Array.from({ length: BATCH }, () => randomCase(sample, random))
      const hex = cases.map(({ root, key, proof }) => ({
        root: toHex(root),
        key: toHex(key),
        proof: proof.map((node) => toHex(node)),
      }))
      const [ours, theirs] = await ask('proofs', hex)
      for (const [i, one] of cases.entries()) {
        const verdicts: Verdicts = {
          contract: verdictOfAnswer(ours[i]),
          trie: verdictOf(() => verifyProof(one.root, one.key, one.proof)),
          trieProof: verdictOfAnswer(theirs[i]),
        }
        requireTruth(one, verdicts)
        if (one.label === 'honest') expect(sameVerdict(verdicts.trie, one.truth ?? verdicts.contract)).toBe(true)
        const difference = differenceOf(verdicts, one)
        if (difference === 'unexplained') throw new Error(JSON.stringify({ ...one, verdicts }, hexOfBytes))
        if (difference !== undefined) seen.add(difference)
        kinds[verdicts.contract.kind]++
      }
    }
    // Each answer is given often enough to mean something.
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(CASES / 10)
    if (FULL) expect([...seen].sort()).toEqual([...DIFFERENCES].sort())
  })
})

describe('Mpt.storageValue, TrieProof twice and the trie', () => {
  it(`agree on ${SLOT_CASES} slots of accounts`, async () => {
    const random = createRandom(SEED + 1)
    const seen = new Set<SlotDifference>()
    const kinds = { value: 0, absent: 0, refused: 0 }
    for (let done = 0; done < SLOT_CASES; done += BATCH) {
      const world = randomWorld(random)
      const cases = Array.from({ length: BATCH }, () => randomSlotCase(world, random))
      const hex = cases.map((one) => ({
        root: toHex(one.root),
        account: toHex(one.account),
        slot: toHex(one.slot),
        accountProof: one.accountProof.map((node) => toHex(node)),
        storageProof: one.storageProof.map((node) => toHex(node)),
      }))
      const [ours, theirs] = await ask('slots', hex)
      for (const [i, one] of cases.entries()) {
        const verdicts: Verdicts = {
          contract: verdictOfAnswer(ours[i]),
          trie: verdictOf(() => slotValue(one)),
          trieProof: verdictOfAnswer(theirs[i]),
        }
        requireTruth(one, verdicts)
        if (one.label === 'honest') expect(verdicts.contract).toEqual(one.truth)
        kinds[verdicts.contract.kind]++
        const difference = slotDifferenceOf(verdicts, () => verdictOf(() => slotValue(one, tidyLeaf)))
        if (difference === 'unexplained') throw new Error(JSON.stringify({ ...one, verdicts }, hexOfBytes))
        if (difference !== undefined) seen.add(difference)
      }
    }
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(SLOT_CASES / 10)
    if (FULL) expect([...seen].sort()).toEqual([...SLOT_DIFFERENCES].sort())
  })
})
