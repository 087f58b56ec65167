import { describe, expect, test } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { InvalidWitness, NodeError } from '../../stateless/errors.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { ExecutionWitness, RunBlockRequest } from '../../stateless/types.ts'
import { createRecorder, createWitnessView } from '../../stateless/witness.ts'
import { CHAIN_ID } from './devChain.ts'
import { buildRandomBlock, createRandomChain } from './randomBlocks.ts'

const SEEDS = process.env.REENACT_FULL === '1' ? 30 : 2

/** A random block, two blocks into a chain, with the witness that its stateless run needs. */
async function provenBlock(seed: number) {
  const chain = await createRandomChain(seed)
  chain.append((await buildRandomBlock(chain, seed, 10)).outcome)
  const parent = chain.head
  const { outcome } = await buildRandomBlock(chain, seed + 1, 14)
  const recorder = createRecorder(chain.memory.source)
  const request: RunBlockRequest = {
    chainId: BigInt(CHAIN_ID),
    parent: parent.header,
    block: outcome.block,
    state: createStateView(recorder, parent.header.stateRoot),
    blockAccessList: outcome.blockAccessList ?? new Uint8Array(0),
    blockHash: (number) => chain.memory.blockHash(number) ?? new Uint8Array(32),
  }
  await chain.engine.runBlock(request)
  const witness = recorder.witness([])
  const run = (changed: Partial<ExecutionWitness> = {}) =>
    chain.engine.runBlock({
      ...request,
      state: createWitnessView({ ...witness, ...changed }, parent.header.stateRoot),
    })
  return { outcome, witness, run }
}

describe('random blocks on nothing but their witness', () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => 3000 + i))(
    'seed %i: runs; every dropped item is missed',
    async (seed) => {
      const { outcome, witness, run } = await provenBlock(seed)
      expect(bytesToHex((await run()).stateRoot)).toBe(bytesToHex(outcome.block.header.stateRoot))
      expect(witness.state.length).toBeGreaterThan(5)
      for (const list of ['state', 'codes'] as const) {
        for (let i = 0; i < witness[list].length; i++) {
          const result = await run({ [list]: witness[list].toSpliced(i, 1) }).catch((error: unknown) => error)
          expect(result, `${list}[${i}]`).toBeInstanceOf(InvalidWitness)
        }
      }
    },
  )

  test('every broken item is a typed refusal', async () => {
    const { outcome, witness, run } = await provenBlock(3100)
    for (const list of ['state', 'codes'] as const) {
      for (let i = 0; i < witness[list].length; i++) {
        const broken = witness[list][i]?.slice() ?? new Uint8Array(0)
        broken[i % broken.length] = (broken[i % broken.length] ?? 0) ^ 0x41
        const result = await run({ [list]: witness[list].with(i, broken) }).catch((error: Error) => error)
        if (result instanceof Error) expect(result).toBeInstanceOf(NodeError)
        else expect(bytesToHex(result.stateRoot)).toBe(bytesToHex(outcome.block.header.stateRoot))
      }
    }
  })
})
