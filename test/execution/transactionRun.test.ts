import { getCalldataFloorGas } from '@ethereumjs/tx'
import { describe, expect, test } from 'vitest'
import { libraryBlock } from '../../execution/blockContext.ts'
import { MAX_TRANSACTION_REGULAR_GAS } from '../../execution/internal.ts'
import { executeOnLibrary } from '../../execution/libraryRun.ts'
import { createRunVm, type RunVm } from '../../execution/runVm.ts'
import { transactionGas } from '../../execution/transactionGas.ts'
import { type ChargedTransaction, executeTransaction, type TransactionResult } from '../../execution/transactionRun.ts'
import { buildTypedTx } from '../../execution/typedTransactions.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { Authorization, TransactionFields } from '../../stateless/transactionFields.ts'
import { createFixture, ETHER, type Fixture } from './callSupport.ts'
import { accounts } from './devChain.ts'
import { createRandom, type Random } from './programs.ts'
import { authorize, COINBASE } from './ruleBlock.ts'

const RUNS = process.env.REENACT_FULL === '1' ? 600 : 40

/** `type`: the highest transaction type of the fork. */
const FORKS = [
  { last: 'none', type: 0 },
  { last: 'homesteadBlock', type: 0 },
  { last: 'eip150Block', type: 0 },
  { last: 'eip158Block', type: 0 },
  { last: 'byzantiumBlock', type: 0 },
  { last: 'istanbulBlock', type: 0 },
  { last: 'berlinBlock', type: 1 },
  { last: 'londonBlock', type: 2 },
  { last: 'shanghaiTime', type: 2 },
  { last: 'cancunTime', type: 3 },
  { last: 'pragueTime', type: 4 },
  { last: 'osakaTime', type: 4 },
  { last: 'amsterdamTime', type: 4 },
]

const people = accounts.slice(0, 4).map(({ address }) => address.slice(2).toLowerCase())
const contracts = Array.from({ length: 6 }, (_, i) => `c0de${i.toString(16).padStart(36, '0')}`)
/** precompiles, nobody, an empty account in the state, one that overflows, the fee recipient */
const RICH = 'ee'.repeat(20)
const others = [
  '0000000000000000000000000000000000000002',
  '0000000000000000000000000000000000000003',
  'dead00000000000000000000000000000000beef',
  'dead00000000000000000000000000000000bee0',
  RICH,
  COINBASE,
]

/** Opcodes of Frontier, so that the same programs run in every fork. */
function program(random: Random): string {
  const someone = () => random.pick([...contracts, ...people, ...others])
  const statements: (() => string)[] = [
    () => `60${random.pick(['00', '01', '02'])}600${random.below(4)}55`,
    () => `60${random.pick(['00', '01', '02'])}600${random.below(4)}55`,
    () => `600${random.below(4)}5450`,
    () => `600760206000a1`,
    () => `6000600060006000600${random.below(3)}73${someone()}${random.pick(['61ffff', '6108fc'])}f150`,
    () => `73${someone()}3150`,
    // deploys one byte of code, or nothing but a slot
    () => `7f${'60006000536001600060016000f3'.slice(0, 26).padEnd(64, '0')}600052600d6000600${random.below(2)}f050`,
  ]
  let code = ''
  for (let i = random.below(6); i >= 0; i--) code += random.pick(statements)()
  return code + random.pick(['00', '00', 'fe', `73${someone()}ff`, '60206000f3', '60006000fd'])
}

async function fixture(last: string, random: Random): Promise<Fixture> {
  const balance = `0x${(1000n * ETHER).toString(16)}`
  const codes = contracts.map((key) => [
    `0x${key}`,
    {
      nonce: '0x1',
      balance: random.chance(50) ? '0x64' : '0x0',
      code: `0x${program(random)}`,
      storage: { [`0x${'00'.repeat(32)}`]: '0x01' },
    },
  ])
  return createFixture(
    last,
    {
      ...Object.fromEntries(people.map((key) => [`0x${key}`, { balance }])),
      ...Object.fromEntries(codes),
      '0xdead00000000000000000000000000000000bee0': { balance: '0x0' },
      [`0x${RICH}`]: { balance: `0x${'ff'.repeat(32)}` },
    },
    { coinbase: `0x${COINBASE}` },
  )
}

function authorization(random: Random): Promise<Authorization> {
  return authorize(random.below(6), {
    to: random.chance(25) ? '00'.repeat(20) : random.pick(contracts),
    chainId: random.chance(80) ? 18079 : 0,
    nonce: random.below(2),
  })
}

async function transaction(random: Random, highest: number): Promise<TransactionFields & { sender: Uint8Array }> {
  const type = random.below(highest + 1) as TransactionFields['type']
  const creates = type < 3 && random.chance(15)
  const target = random.pick([...contracts, ...contracts, ...people, ...others])
  const price = 10_000_000_000n
  return {
    type,
    nonce: 0n,
    gasLimit: 0n,
    sender: hexToBytes(random.pick(people)),
    ...(creates ? {} : { to: hexToBytes(target) }),
    value: BigInt(random.pick([0, 0, 1, 1000])),
    data: creates ? hexToBytes(program(random)) : hexToBytes('00ff'.repeat(random.below(400))),
    ...(type === 0 ? {} : { chainId: 18079n }),
    ...(type < 2 ? { gasPrice: price } : { maxFeePerGas: price, maxPriorityFeePerGas: random.chance(50) ? 0n : 7n }),
    ...(type === 0
      ? {}
      : { accessList: [{ address: hexToBytes(random.pick(contracts)), storageKeys: [new Uint8Array(32)] }] }),
    ...(type === 3 ? { blobVersionedHashes: [new Uint8Array(32).fill(1)], maxFeePerBlobGas: 100n } : {}),
    ...(type === 4 ? { authorizationList: [await authorization(random), await authorization(random)] } : {}),
    v: 0n,
    r: 1n,
    s: 1n,
  }
}

/** Everything that a run leaves behind, or what it threw. */
async function trace(vm: RunVm, run: () => Promise<TransactionResult>) {
  const { evm, state } = vm
  evm.accessList?.beginIndex(1)
  state.beginIndex()
  const mark = state.mark()
  try {
    const { execResult, ...result } = await run()
    state.endIndex()
    const list = evm.accessList === undefined ? '' : bytesToHex(evm.accessList.serialize())
    const seen = { ...result, error: execResult.exceptionError?.error, output: execResult.returnValue }
    return { ...seen, logs: execResult.logs ?? [], changes: state.changes(), list, kept: evm.meter.executedGas }
  } catch (error) {
    return (error as Error).message.split(' (vm hf=')[0] ?? ''
  } finally {
    state.restore(mark)
    evm.journal.cleanJournal()
  }
}

describe.each(FORKS)('random transactions, up to $last', ({ last, type }) => {
  test('our executor and the library come to the same', async () => {
    const random = createRandom(last.length * 1000 + type)
    const { spec, context } = await fixture(last, random)
    const { header } = context
    const shared = spec.sharedCommonAt(header)
    const block = libraryBlock(header, shared)
    const machine = () =>
      createRunVm({ common: spec.commonAt(header), state: context.state, blockHash: () => undefined })
    const errors = new Set<string | undefined>()
    for (let i = 0; i < RUNS; i++) {
      const drawn = await transaction(random, type)
      const gas = transactionGas(drawn, shared)
      const least = gas.intrinsic > gas.floor ? gas.intrinsic : gas.floor
      const gasLimit = least + BigInt(random.pick([0, 1, 3000, 40_000, 300_000, 2_000_000, 16_000_000]))
      const capped =
        shared.isActivatedEIP(7825) && !shared.isActivatedEIP(8037) && gasLimit > MAX_TRANSACTION_REGULAR_GAS
      const tx = { ...drawn, gasLimit: capped ? MAX_TRANSACTION_REGULAR_GAS : gasLimit }
      const charged: ChargedTransaction = { tx, gas, regularCap: MAX_TRANSACTION_REGULAR_GAS, block }
      const [ours, library] = [await machine(), await machine()]
      const own = await trace(ours, () => executeTransaction(ours, charged))
      const theirs = await trace(library, () => executeOnLibrary(library, charged, shared))
      expect(own, `transaction ${i}`).toEqual(theirs)
      errors.add(typeof own === 'string' ? own : own.error)
    }
    expect(errors.size).toBeGreaterThan(1)
  })

  test('intrinsic gas and floor are those of the library', async () => {
    const random = createRandom(last.length + type)
    const { spec, context } = await fixture(last, random)
    const common = spec.sharedCommonAt(context.header)
    for (let i = 0; i < 5 * RUNS; i++) {
      const tx = { ...(await transaction(random, type)), gasLimit: 1_000_000n }
      const self = random.chance(10) && tx.type < 4 ? { ...tx, to: tx.sender } : tx
      const identity = { sender: () => tx.sender, hash: new Uint8Array(32), raw: new Uint8Array(0) }
      const typed = buildTypedTx(self, identity, common)
      const floor = getCalldataFloorGas(typed, typed.getSenderAddress())
      expect(transactionGas(self, common)).toEqual({ intrinsic: typed.getIntrinsicGas(), floor })
    }
  })
})
