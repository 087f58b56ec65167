import { describe, expect, test } from 'vitest'
import type { TransactionRejected } from '../../execution/errors.ts'
import type { BlockAssembly, Transaction } from '../../execution/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { InvalidBlock } from '../../stateless/errors.ts'
import { hashHeader } from '../../stateless/header.ts'
import { orderedTrieRoot } from '../../stateless/orderedTrie.ts'
import { accounts, createDevChain, type DevChain, type DevChainOptions, sign, type TxFields } from './devChain.ts'
import { deployer, op } from './programs.ts'

const CONTRACT = `0x${'c1'.repeat(20)}`
const NOBODY = `0x${'dd'.repeat(20)}`

async function begin(options: DevChainOptions = {}): Promise<{ chain: DevChain; assembly: BlockAssembly }> {
  const chain = await createDevChain(options)
  const assembly = await chain.engine.beginBlock({
    parent: chain.head.header,
    parentHash: chain.head.hash,
    env: chain.env(),
    state: chain.state(),
    blockHash: chain.memory.blockHash,
  })
  return { chain, assembly }
}

const rejection = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: TransactionRejected) => error,
  )

describe('a transaction that cannot be in the block is refused by its rule, in geth words with both numbers', () => {
  const cases: [string, Partial<TxFields>, string, RegExp][] = [
    ['an old nonce', { nonce: 0 }, 'NONCE_TOO_LOW', /nonce too low: address 0x\w+, tx: 0 state: 1/],
    ['a nonce from the future', { nonce: 9 }, 'NONCE_TOO_HIGH', /nonce too high: address 0x\w+, tx: 9 state: 1/],
    [
      'no funds',
      { value: 10n ** 24n },
      'INSUFFICIENT_FUNDS',
      /insufficient funds for gas \* price \+ value: .* have \d+ want \d+/,
    ],
    ['gas below intrinsic', { gas: 14_999n }, 'INTRINSIC_GAS_TOO_LOW', /intrinsic gas too low: have 14999, want 15000/],
    [
      'gas below the floor',
      { gas: 80_000n, data: `0x${'11'.repeat(2000)}` },
      'FLOOR_DATA_GAS_TOO_LOW',
      /floor data gas cost: have 80000, want \d+/,
    ],
    [
      'a low fee cap',
      { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
      'FEE_CAP_TOO_LOW',
      /max fee per gas less than block base fee: .* maxFeePerGas: 1, baseFee: \d+/,
    ],
    ['more gas than a block has', { gas: 60_000_001n }, 'GAS_LIMIT_TOO_HIGH', /exceeds block gas limit/],
  ]
  test.each(cases)('%s', async (_name, fields, code, message) => {
    const { chain, assembly } = await begin()
    await assembly.addTransaction(chain.decode(await sign(0, { nonce: 0, to: NOBODY })))
    const error = await rejection(
      assembly.addTransaction(chain.decode(await sign(0, { nonce: 1, to: NOBODY, ...fields }))),
    )
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(message)
    expect((await assembly.seal()).receipts).toHaveLength(1)
  })

  test('a sender with code, unless the code is a delegation', async () => {
    const sender = accounts[1]?.address ?? ''
    const withCode = (code: string) => begin({ alloc: { [sender]: { balance: '0xde0b6b3a7640000', code } } })
    const contract = await withCode('0x00')
    const tx = (chain: DevChain) => sign(1, { nonce: 0, to: NOBODY }).then((raw) => chain.decode(raw))
    expect((await rejection(contract.assembly.addTransaction(await tx(contract.chain))))?.code).toBe('SENDER_NOT_EOA')
    const delegated = await withCode(`0xef0100${CONTRACT.slice(2)}`)
    expect((await delegated.assembly.addTransaction(await tx(delegated.chain)))?.receipt.status).toBe(1)
  })

  test('what does not fit any more is left for another block', async () => {
    const loop = { alloc: { [CONTRACT]: { balance: '0x0', nonce: '0x1', code: `0x${op.invalid}` } } }
    const { chain, assembly } = await begin(loop)
    for (let nonce = 0; nonce < 3; nonce++) {
      await assembly.addTransaction(chain.decode(await sign(0, { nonce, to: CONTRACT, gas: 16_777_216n })))
    }
    expect(assembly.gasUsed).toBe(3n * 16_777_216n)
    const error = await rejection(
      assembly.addTransaction(chain.decode(await sign(0, { nonce: 3, to: NOBODY, gas: 16_777_216n }))),
    )
    expect(error?.code).toBe('BLOCK_GAS_EXHAUSTED')
    expect((await assembly.addTransaction(chain.decode(await sign(0, { nonce: 3, to: NOBODY }))))?.receipt.status).toBe(
      1,
    )
  })
})

describe('a refused or rejected transaction leaves no trace', () => {
  const busy = op.sstore(1, 5) + op.call('02') + op.create(deployer(op.sload(1)), 1) + op.log(1) + op.stop
  const options = {
    alloc: { [CONTRACT]: { balance: '0x64', nonce: '0x1', code: `0x${busy}`, storage: { '0x01': '0x2' } } },
  }
  const transfers = async (chain: DevChain): Promise<[Transaction, Transaction]> => [
    chain.decode(await sign(1, { nonce: 0, to: CONTRACT })),
    chain.decode(await sign(1, { nonce: 1, to: NOBODY, value: 3n })),
  ]

  test('the block is the one without it', async () => {
    const plain = await begin(options)
    const disturbed = await begin(options)
    const [first, second] = await transfers(plain.chain)
    await plain.assembly.addTransaction(first)
    await plain.assembly.addTransaction(second)
    const other = disturbed.chain.decode(await sign(2, { nonce: 0, to: CONTRACT, value: 7n }))
    const wrong = disturbed.chain.decode(await sign(3, { nonce: 5, to: CONTRACT }))
    for (const tx of [first, second]) {
      expect(await disturbed.assembly.addTransaction(other, () => false)).toBeUndefined()
      expect((await rejection(disturbed.assembly.addTransaction(wrong)))?.code).toBe('NONCE_TOO_HIGH')
      await disturbed.assembly.addTransaction(tx)
    }
    await disturbed.assembly.addTransaction(other, () => false)
    const [a, b] = [await plain.assembly.seal(), await disturbed.assembly.seal()]
    expect(bytesToHex(b.blockAccessList ?? new Uint8Array(0))).toBe(bytesToHex(a.blockAccessList ?? new Uint8Array(1)))
    expect(bytesToHex(b.block.hash)).toBe(bytesToHex(a.block.hash))
    expect(b.changes.codes).toEqual(a.changes.codes)
  })

  test('accept sees the outcome that would be', async () => {
    const { chain, assembly } = await begin(options)
    const [first] = await transfers(chain)
    let seen: bigint | undefined
    await assembly.addTransaction(first, (outcome) => {
      seen = outcome.regularGas
      return false
    })
    expect((await assembly.addTransaction(first))?.regularGas).toBe(seen)
    expect(assembly.transactions).toHaveLength(1)
  })
})

describe('executeBlock refuses a sealed block whose header lies', () => {
  const wrong = new Uint8Array(32).fill(9)
  test.each([
    ['stateRoot', { stateRoot: wrong }, 'STATE_ROOT_MISMATCH'],
    ['receiptsRoot', { receiptsRoot: wrong }, 'RECEIPTS_ROOT_MISMATCH'],
    ['logsBloom', { logsBloom: new Uint8Array(256).fill(1) }, 'LOGS_BLOOM_MISMATCH'],
    ['gasUsed', { gasUsed: 1n }, 'GAS_USED_MISMATCH'],
    ['gasUsed above the limit', { gasUsed: 60_000_001n }, 'GAS_USED_EXCEEDS_LIMIT'],
    ['blobGasUsed', { blobGasUsed: 131_072n }, 'BLOB_GAS_USED_MISMATCH'],
    ['requestsHash', { requestsHash: wrong }, 'REQUESTS_MISMATCH'],
    ['blockAccessListHash', { blockAccessListHash: wrong }, 'BLOCK_ACCESS_LIST_MISMATCH'],
    ['baseFeePerGas', { baseFeePerGas: 7n }, 'BAD_BASE_FEE'],
    ['excessBlobGas', { excessBlobGas: 131_072n }, 'BAD_EXCESS_BLOB_GAS'],
    ['gasLimit', { gasLimit: 70_000_000n }, 'BAD_GAS_LIMIT'],
    ['timestamp', { timestamp: 1000n }, 'BAD_TIMESTAMP'],
    ['number', { number: 2n }, 'BAD_NUMBER'],
    ['parentHash', { parentHash: wrong }, 'PARENT_HASH_MISMATCH'],
    ['extraData', { extraData: new Uint8Array(33) }, 'BAD_EXTRA_DATA'],
    ['difficulty', { difficulty: 1n }, 'BAD_HEADER_FIELD'],
    ['nonce', { nonce: new Uint8Array(8).fill(1) }, 'BAD_HEADER_FIELD'],
    ['ommersHash', { ommersHash: wrong }, 'BAD_HEADER_FIELD'],
    ['transactionsRoot', { transactionsRoot: wrong }, 'BAD_HEADER_FIELD'],
    ['withdrawalsRoot', { withdrawalsRoot: wrong }, 'BAD_HEADER_FIELD'],
  ])('%s', async (_name, change, code) => {
    const { chain, assembly } = await begin()
    await assembly.addTransaction(chain.decode(await sign(0, { nonce: 0, to: NOBODY, value: 1n })))
    const { block } = await assembly.seal()
    const header = { ...block.header, ...change }
    const failure = await chain.engine
      .executeBlock({
        parent: chain.head.header,
        block: { ...block, header, hash: hashHeader(header) },
        state: chain.state(),
        blockHash: chain.memory.blockHash,
      })
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InvalidBlock)
    expect((failure as InvalidBlock).code).toBe(code)
  })

  test('a transaction of another chain', async () => {
    const { chain, assembly } = await begin()
    const { block } = await assembly.seal()
    const transactions = [hexToBytes(await sign(0, { nonce: 0, to: NOBODY, chainId: 1 }))]
    const header = { ...block.header, transactionsRoot: orderedTrieRoot(transactions) }
    const failure = await chain.engine
      .executeBlock({
        parent: chain.head.header,
        block: { ...block, transactions, header, hash: hashHeader(header) },
        state: chain.state(),
        blockHash: chain.memory.blockHash,
      })
      .catch((error: unknown) => error)
    expect((failure as InvalidBlock).code).toBe('BAD_TRANSACTION')
    expect((failure as InvalidBlock).data).toMatchObject({ index: 0, rejection: 'WRONG_CHAIN_ID' })
  })
})
