import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import { createFixtureChain, fixtureGenesis } from '../../scripts/fixtures/fixtureChain.ts'
import { withoutItem } from '../../scripts/fixtures/forgery.ts'
import { sealMixedBlock } from '../../scripts/fixtures/mixedBlock.ts'
import { createRandom } from '../../scripts/fixtures/random.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { decodeStatelessInput, encodeStatelessInput } from '../../stateless/ssz.ts'
import type { RunBlock, StatelessInput } from '../../stateless/types.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { executeOf, FULL, watchRejections } from './support.ts'

const TRANSACTIONS = 96
/** Enough for any of these blocks: only the witness may be a reason to refuse. */
const FORWARDED = 30_000_000n
/** The full run takes further blocks. */
const SEEDS = FULL ? [1, 2, 3, 4, 5] : [1]

type Item = { list: 'state' | 'codes' | 'headers'; index: number }

/** Accounts that nobody touches, so that the account trie is a few levels deep. */
function bystanders(count: number): Record<string, GenesisAccount> {
  const random = createRandom(7)
  return Object.fromEntries(Array.from({ length: count }, () => [bytesToHex(random.bytes(20)), { balance: '0x1' }]))
}

describe.each(SEEDS)('every witness item of a block of mixed transactions is needed (seed %i)', (seed) => {
  const rejections = watchRejections()
  let input: StatelessInput
  let runBlock: RunBlock
  let items: Item[]

  beforeAll(async () => {
    const chain = await createFixtureChain(fixtureGenesis(bystanders(1_500)))
    const sealed = await sealMixedBlock(chain, TRANSACTIONS, seed)
    runBlock = chain.runBlock
    input = decodeStatelessInput(sealed.input)
    items = (['state', 'codes', 'headers'] as const).flatMap((list) =>
      input.witness[list].map((_, index): Item => ({ list, index })),
    )
    console.log(
      `${TRANSACTIONS} transactions; witness: ${input.witness.state.length} nodes, ${input.witness.codes.length} codes, ` +
        `${input.witness.headers.length} headers; ${items.length} items dropped one at a time`,
    )
  })

  afterAll(async () => {
    await rejections.stop()
    expect(rejections.seen).toEqual([])
  })

  test('the whole witness is accepted by both', async () => {
    expect(await verifyStatelessNewPayload(input, { runBlock })).toMatchObject({ valid: true })
    expect(await executeOf(runBlock).execute(encodeStatelessInput(input), FORWARDED)).toMatchObject({ ok: true })
    expect(input.newPayloadRequest.executionPayload.transactions.length).toBe(TRANSACTIONS)
  })

  test('without any one of them `verify` refuses cleanly', { timeout: 600_000 }, async () => {
    for (const item of items) {
      const { valid, ...rest } = await verifyStatelessNewPayload(without(item), { runBlock })
      expect(valid, `accepted without ${item.list}[${item.index}]`).toBe(false)
      expect('reason' in rest && rest.reason.code, `${item.list}[${item.index}]`).toMatch(expectedCode(item))
    }
  })

  test('without any one of them EXECUTE refuses cleanly', { timeout: 600_000 }, async () => {
    const execute = executeOf(runBlock)
    for (const item of items) {
      const verdict = await execute.execute(encodeStatelessInput(without(item)), FORWARDED)
      expect(verdict.ok, `accepted without ${item.list}[${item.index}]`).toBe(false)
      if (verdict.ok) continue
      expect(verdict.failure, `${item.list}[${item.index}]`).toMatchObject({ stage: 'validation' })
      expect(verdict.failure.code).toMatch(expectedCode(item))
    }
  })

  const without = ({ list, index }: Item): StatelessInput => withoutItem(input, list, index)

  /** A header in the middle breaks the chain, the last is the parent, the first is missed by BLOCKHASH. */
  function expectedCode({ list, index }: Item): RegExp {
    if (list === 'state') return /^MISSING_NODE$/
    if (list === 'codes') return /^MISSING_CODE$/
    if (index === 0) return /^MISSING_ANCESTOR$/
    return index === input.witness.headers.length - 1 ? /^PARENT_HASH_MISMATCH$/ : /^BROKEN_HEADER_CHAIN$/
  }
})
