import { expect } from 'vitest'
import type { Engine } from '../../../execution/types.ts'
import { NO_CACHE } from '../../../precompiles/cache.ts'
import { createExecute } from '../../../precompiles/execute.ts'
import { executeGas } from '../../../precompiles/gas.ts'
import { InvalidWitness } from '../../../stateless/errors.ts'
import { blockToPayloadRequest, withTrueHash } from '../../../stateless/payload.ts'
import { encodeStatelessInput } from '../../../stateless/ssz.ts'
import { SCHEMA_ID_AMSTERDAM } from '../../../stateless/sszSchema.ts'
import type { ExecutionPayload, ExecutionWitness, StatelessInput } from '../../../stateless/types.ts'
import { type VerifyPhase, verifyStatelessNewPayload } from '../../../stateless/verify.ts'
import { CHAIN_ID } from '../devChain.ts'
import type { Random } from '../programs.ts'
import type { Building, Built } from './building.ts'
import { requireValue } from './engines.ts'
import { isRollup } from './kinds.ts'

/** The input of EXECUTE that a built Amsterdam block is. */
export function statelessInput({ outcome }: Built, witness: ExecutionWitness): StatelessInput {
  const { block, blockAccessList, requests } = outcome
  if (blockAccessList === undefined) throw new Error('no block of Amsterdam')
  return {
    schemaId: SCHEMA_ID_AMSTERDAM,
    dialect: 'v21',
    newPayloadRequest: blockToPayloadRequest({ block, blockAccessList, requests }),
    witness,
    chainId: BigInt(CHAIN_ID),
  }
}

/** As EXECUTE does it, with every phase that it reached. */
async function verify(engine: Engine, input: StatelessInput, budget?: bigint) {
  const phases: VerifyPhase[] = []
  const verification = await verifyStatelessNewPayload(input, {
    runBlock: engine.runBlock,
    refuseForeignSystemCode: true,
    onPhase: (phase) => phases.push(phase),
    ...(budget === undefined ? {} : { budget }),
  })
  if (verification.valid) return { ...verification, phases, code: 'valid' }
  const { code, message, data } = verification.reason
  // Where a witness broke off a message, each engine can only say how much gas it ran at most.
  const { executedGas, ...facts } = data
  const counted = verification.reason instanceof InvalidWitness ? facts : { ...facts, executedGas }
  return { valid: false as const, result: verification.result, phases, code, message, data: counted }
}

/** Both engines find the block valid on its witness, with its whole R as budget and without one; not with less. */
export async function verifyTwice({ both, tally }: Building, built: Built, input: StatelessInput): Promise<void> {
  const { regularGas, block } = built.outcome
  const free = requireValue(await both.same('verification', (engine) => verify(engine, input)))
  expect(free).toMatchObject({ valid: true, outcome: { stateRoot: block.header.stateRoot, regularGas } })
  const metered = await both.same('metered verification', (engine) => verify(engine, input, regularGas))
  expect(requireValue(metered)).toMatchObject({ valid: true })
  const over = requireValue(await both.same('budget', (engine) => verify(engine, input, regularGas - 1n)))
  expect(over.code).toBe('OVER_BUDGET')
  tally.add('stateless: verified')
}

/** The precompile itself; a rollup's block it takes, and with less gas it halts. */
export async function executeOnTwo(building: Building, built: Built, input: StatelessInput, random: Random) {
  const { both, fork, tally } = building
  const bytes = encodeStatelessInput(input)
  const price = executeGas(bytes.length, built.outcome.regularGas)
  const run = async (gas: bigint) =>
    requireValue(
      await both.same('EXECUTE', (engine) =>
        createExecute({ runBlock: engine.runBlock, schedule: 'metered', cache: NO_CACHE }).execute(bytes, gas),
      ),
    )
  const verdict = await run(price)
  if (isRollup(fork)) expect(verdict).toMatchObject({ ok: true, gasUsed: price })
  tally.add(verdict.ok ? 'EXECUTE: taken' : `EXECUTE: ${verdict.failure.code}`)
  const halted = await run((price * BigInt(1 + random.below(99))) / 100n)
  tally.add(halted.ok ? 'EXECUTE: taken' : `EXECUTE: ${halted.failure.code}`)
  expect(halted.ok).toBe(false)
}

type Forgery = (payload: ExecutionPayload) => Partial<ExecutionPayload>

const wrong = new Uint8Array(32).fill(9)

/** Of the payload; the block hash is then the true one. */
const FORGERIES: readonly Forgery[] = [
  () => ({ stateRoot: wrong }),
  () => ({ receiptsRoot: wrong }),
  () => ({ parentHash: wrong }),
  () => ({ logsBloom: new Uint8Array(256).fill(1) }),
  () => ({ feeRecipient: new Uint8Array(20).fill(0xc1) }),
  ({ gasUsed }) => ({ gasUsed: gasUsed + 1n }),
  ({ gasLimit }) => ({ gasLimit: gasLimit * 2n }),
  ({ blockNumber }) => ({ blockNumber: blockNumber + 1n }),
  () => ({ timestamp: 0n }),
  ({ baseFeePerGas }) => ({ baseFeePerGas: baseFeePerGas + 1n }),
  ({ blobGasUsed }) => ({ blobGasUsed: blobGasUsed + 131_072n }),
  ({ excessBlobGas }) => ({ excessBlobGas: excessBlobGas + 131_072n }),
  ({ transactions }) => ({ transactions: transactions.slice(1) }),
  ({ transactions }) => ({ transactions: transactions.toReversed() }),
  ({ transactions }) => ({ transactions: transactions.concat(transactions.slice(0, 1)) }),
  ({ blockAccessList }) => ({ blockAccessList: blockAccessList.with(-1, (blockAccessList.at(-1) ?? 0) ^ 1) }),
  ({ withdrawals }) => ({
    withdrawals: [...withdrawals, { index: 9n, validatorIndex: 0n, address: new Uint8Array(20), amount: 1n }],
  }),
]

/** Both engines refuse a forged payload, in the same phase and by the same rule. */
export async function refusePayload(building: Building, input: StatelessInput): Promise<void> {
  const { newPayloadRequest: request } = input
  const { executionPayload: payload } = request
  if (payload.transactions.length < 2) return
  const change = building.tally.turn('forgeries of payloads', FORGERIES)(payload)
  const forged = withTrueHash({ ...request, executionPayload: { ...payload, ...change } })
  await refuse(building, 'a forged payload', { ...input, newPayloadRequest: forged })
}

/** Both engines miss the same node, code or header of a witness, whether it is gone or broken. */
export async function refuseWitness(building: Building, input: StatelessInput, random: Random): Promise<void> {
  const { witness } = input
  const list = building.tally.turn('lists of witnesses', ['state', 'codes', 'state', 'headers'] as const)
  const items = witness[list]
  const index = random.below(items.length)
  const broken = items[index]?.slice() ?? new Uint8Array(1)
  const at = random.below(broken.length)
  broken[at] = (broken[at] ?? 0) ^ (1 << random.below(8))
  const changed = random.chance(50) ? items.toSpliced(index, 1) : items.with(index, broken)
  await refuse(building, `a witness with wrong ${list}`, { ...input, witness: { ...witness, [list]: changed } })
}

async function refuse({ both, tally }: Building, what: string, input: StatelessInput): Promise<void> {
  const { valid, code, phases } = requireValue(await both.same(what, (engine) => verify(engine, input)))
  expect(valid, what).toBe(false)
  tally.add(`${what}: ${code} in phase ${phases.at(-1)}`)
}
