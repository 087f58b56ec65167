import { createBlockLevelAccessListFromRLP } from '@ethereumjs/util'
import { getContractAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import type { BlockOutcome } from '../../execution/types.ts'
import {
  BEACON_ROOTS_ADDRESS,
  CONSOLIDATION_REQUEST_ADDRESS,
  HISTORY_ADDRESS,
  WITHDRAWAL_REQUEST_ADDRESS,
} from '../../genesis/systemContracts.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { accounts, CHAIN_ID, createDevChain, type DevChain, sign, type TxFields } from './devChain.ts'
import { op, push } from './programs.ts'

// Rules of execution-specs (forks/amsterdam, tests-zkevm v21) that the library does not follow; docs/conformance.md.

const CONTRACT = `0x${'c1'.repeat(20)}`
const CHILD = `0x${'c2'.repeat(20)}`
const NOBODY = `0x${'dead'.repeat(10)}`
const PRIORITY_FEE_TO = `0x${'c0'.repeat(20)}`
/** what calling a contract costs before its code runs: TX_BASE and a cold account */
const CALL_BASE = 15_000n
const NEW_ACCOUNT = 183_600n
const CAP = 1n << 24n

const contract = (code: string, over: Partial<GenesisAccount> = {}): GenesisAccount => ({
  balance: '0x64',
  nonce: '0x1',
  code: `0x${code}`,
  ...over,
})
const chainWith = (alloc: Record<string, GenesisAccount>): Promise<DevChain> => createDevChain({ alloc })

type Ran = { chain: DevChain; outcome: BlockOutcome; status: number | undefined; gasUsed: bigint | undefined }

/** One block with one transaction of account 0, calling `CONTRACT` unless told otherwise. */
async function run(chain: DevChain, fields: Partial<TxFields> = {}): Promise<Ran> {
  const raw = await sign(0, { nonce: 0, to: CONTRACT, ...fields })
  const outcome = await chain.seal([chain.decode(raw)])
  const [receipt] = outcome.receipts
  return { chain, outcome, status: receipt?.status, gasUsed: receipt?.gasUsed }
}

async function runCode(code: string, gas: bigint, alloc: Record<string, GenesisAccount> = {}): Promise<Ran> {
  return run(await chainWith({ [CONTRACT]: contract(code), ...alloc }), { gas })
}

const listed = ({ outcome }: Ran, address: string) =>
  createBlockLevelAccessListFromRLP(outcome.blockAccessList ?? new Uint8Array(0)).get(address as `0x${string}`)

const slot = (n: number) => hexToBytes(n.toString(16).padStart(64, '0'))
const stored = ({ chain }: Ran, address: string, n: number) =>
  chain.state().getStorage(hexToBytes(address.slice(2)), slot(n))
const addressOf = (bytes: Uint8Array | string) => bytes as `0x${string}`
const created = (from: string, nonce: bigint) =>
  getContractAddress({ from: addressOf(from), nonce }).toLowerCase() as `0x${string}`
const sender = () => accounts[0]?.address ?? ''

describe('nothing is read before its price is there (vm/gas.py::check_gas)', () => {
  // pushes of the opcode's arguments come first
  test.each([
    ['SELFDESTRUCT', op.selfdestruct(NOBODY.slice(2)), 3n, 8_000n],
    ['CALL', op.call(NOBODY.slice(2), 0, 0), 15n, 3_000n],
    ['CALL with value', op.call(NOBODY.slice(2), 1, 0), 16n, 14_300n],
    ['DELEGATECALL', op.plainCall('f4', NOBODY.slice(2), 0), 13n, 3_000n],
    ['STATICCALL', op.plainCall('fa', NOBODY.slice(2), 0), 13n, 3_000n],
    ['BALANCE', `${push(NOBODY.slice(2))}31`, 3n, 3_000n],
    ['EXTCODESIZE', `${push(NOBODY.slice(2))}3b`, 3n, 3_100n],
    ['EXTCODEHASH', `${push(NOBODY.slice(2))}3f`, 3n, 3_000n],
  ])('%s lists its account from the price on', async (_, code, before, price) => {
    const least = CALL_BASE + before + price
    expect(listed(await runCode(code, least - 1n), NOBODY)).toBeUndefined()
    expect(listed(await runCode(code, least), NOBODY)).toBeDefined()
  })

  test('SSTORE needs 2,301 gas before it reads the slot (vm/instructions/storage.py::sstore)', async () => {
    const least = CALL_BASE + 6n + 2_301n
    expect(listed(await runCode(op.sstore(7, 1), least - 1n), CONTRACT)?.storageReads.size).toBe(0)
    const ran = await runCode(op.sstore(7, 1), least)
    expect(ran.status).toBe(0)
    expect([...(listed(ran, CONTRACT)?.storageReads ?? [])]).toEqual(['0x07'])
  })

  test('a delegate is read once the access to it is paid, too (vm/instructions/system.py::call)', async () => {
    const alloc = { [CHILD]: contract(`ef0100${NOBODY.slice(2)}`, { nonce: '0x0' }) }
    const code = op.call(CHILD.slice(2), 0, 0)
    const least = CALL_BASE + 15n + 6_000n
    const short = await runCode(code, least - 1n, alloc)
    expect([listed(short, CHILD) !== undefined, listed(short, NOBODY)]).toEqual([true, undefined])
    expect(listed(await runCode(code, least, alloc), NOBODY)).toBeDefined()
  })
})

describe('state gas (vm/gas.py, EIP-8037)', () => {
  test('what a call puts back into the reservoir pays for what its caller had spilled (incorporate_child)', async () => {
    // sets a slot, lets the delegate clear it, then needs most of the 97,920 for memory
    const code = `${op.sstore(0, 1)}${op.plainCall('f4', CHILD.slice(2))}${push(1)}${push(160_000)}52${op.stop}`
    const ran = await runCode(code, 150_000n, { [CHILD]: contract(`${op.sstore(0, 0)}${op.stop}`) })
    expect(ran.status).toBe(1)
    expect(ran.outcome.block.header.gasUsed).toBeLessThan(150_000n)
  })

  test('gas is forwarded after the new account was paid, and a failure gives that back (system.py::call)', async () => {
    // BLAKE2F with no input fails and takes all it was given
    const ran = await runCode(op.call('09', 1) + op.stop, 400_000n)
    const atCall = 400_000n - CALL_BASE - 16n
    const after = atCall - 100n - 11_300n - NEW_ACCOUNT
    expect(ran.status).toBe(1)
    expect(ran.gasUsed).toBe(400_000n - (after / 64n + NEW_ACCOUNT - 2n))
  })

  test('a halt leaves the reservoir alone, whatever the call had looked at (interpreter.py::process_call)', async () => {
    const call = `${push(0)}${push(0)}${push('ff'.repeat(8))}${push(0)}${push(1)}${push(NOBODY.slice(2))}5af1`
    const ran = await runCode(call, CAP + 1_000_000n)
    expect([ran.status, ran.gasUsed]).toEqual([0, CAP])
  })

  test('a new account that cannot be paid ends the transaction before it runs (process_top_level)', async () => {
    const chain = await createDevChain()
    const ran = await run(chain, { to: NOBODY, value: 1n, gas: 100_000n })
    expect([ran.status, ran.gasUsed]).toEqual([0, 100_000n])
    const access = listed(ran, NOBODY)
    expect([access?.balanceChanges.size, access?.nonceChanges.size]).toEqual([0, 0])
  })

  test('so does one that a creation needs: its address is listed', async () => {
    const chain = await createDevChain()
    const raw = await sign(0, { nonce: 0, data: '0x00', gas: 60_000n })
    const outcome = await chain.seal([chain.decode(raw)])
    expect(outcome.receipts[0]?.status).toBe(0)
    const ran: Ran = { chain, outcome, status: 0, gasUsed: 60_000n }
    expect(listed(ran, created(sender(), 0n))).toBeDefined()
  })
})

describe('CREATE (vm/instructions/system.py::generic_create)', () => {
  test('without the endowment nothing is charged, read or counted', async () => {
    const ran = await runCode(op.create(op.stop, 0x65) + op.stop, 60_000n)
    expect(ran.status).toBe(1)
    expect(listed(ran, created(CONTRACT, 1n))).toBeUndefined()
    expect(listed(ran, CONTRACT)?.nonceChanges.size).toBe(0)
  })

  test('init code that begins with ef00 runs and halts: nonce and gas are gone', async () => {
    const ran = await runCode(op.create('ef00') + op.stop, 400_000n)
    expect(ran.status).toBe(1)
    expect([...(listed(ran, CONTRACT)?.nonceChanges.values() ?? [])]).toEqual(['0x02'])
    expect(listed(ran, created(CONTRACT, 1n))).toBeDefined()
    expect(ran.gasUsed).toBeGreaterThan(400_000n - NEW_ACCOUNT - 4_000n)
  })

  test('storage alone is no collision (EIP-7610 is not part of it); it is cleared first', async () => {
    const target = created(sender(), 0n)
    const storage = { '0x00': '0x05', '0x02': '0x06' }
    const chain = await chainWith({ [target]: { balance: '0x0', storage } })
    // slot 1 = slot 0, slot 2 = 6 as before
    const init = `${push(0)}54${push(1)}55${op.sstore(2, 6)}${op.stop}`
    const raw = await sign(0, { nonce: 0, data: `0x${init}` })
    const outcome = await chain.seal([chain.decode(raw)])
    expect(outcome.receipts[0]?.status).toBe(1)
    const ran: Ran = { chain, outcome, status: 1, gasUsed: undefined }
    expect([0, 1, 2].map((n) => stored(ran, target, n).length)).toEqual([0, 0, 1])
    const access = listed(ran, target)
    expect(Object.keys(access?.storageChanges ?? { missing: true })).toHaveLength(0)
    expect([...(access?.storageReads ?? [])].sort()).toEqual(['0x', '0x01', '0x02'])
  })
})

describe('code (vm/eoa_delegation.py, vm/instructions/environment.py)', () => {
  test.each([
    ['ef0011223344', 6],
    [`ef0100${'aa'.repeat(19)}`, 22],
    [`ef0100${'aa'.repeat(20)}`, 23],
    [`ef0100${'aa'.repeat(21)}`, 24],
  ])('EXTCODESIZE and EXTCODECOPY see %s as it is', async (code, size) => {
    const look = `${push(CHILD.slice(2))}3b${push(0)}55${push(32)}${push(0)}${push(0)}${push(CHILD.slice(2))}3c`
    const ran = await runCode(`${look}${push(0)}51${push(1)}55${op.stop}`, 1_000_000n, { [CHILD]: contract(code) })
    expect(stored(ran, CONTRACT, 0)).toEqual(Uint8Array.of(size))
    expect(stored(ran, CONTRACT, 1)).toEqual(hexToBytes(code.padEnd(64, '0')))
  })

  test.each([22, 24])('%i bytes that begin like a delegation are ordinary code, which halts', async (size) => {
    const alloc = { [CHILD]: contract(`ef0100${'aa'.repeat(size - 3)}`) }
    const call = op.call(CHILD.slice(2), 0, 50_000).slice(0, -2)
    const ran = await runCode(`${call}${push(1)}01${push(0)}55${op.stop}`, 1_000_000n, alloc)
    expect(stored(ran, CONTRACT, 0)).toEqual(Uint8Array.of(1))
    expect(listed(ran, `0x${'aa'.repeat(20)}`)).toBeUndefined()
  })

  test('nor may their account send transactions (fork.py::check_transaction)', async () => {
    const chain = await chainWith({
      [sender()]: contract('ef0100aa', { balance: '0x21e19e0c9bab2400000', nonce: '0x0' }),
    })
    const rejected = run(chain, { to: NOBODY })
    expect(await rejected.catch((error: { code?: string }) => error.code)).toBe('SENDER_NOT_EOA')
  })

  test('the code behind a delegation is read before the caller turns out too poor (system.py::call)', async () => {
    const alloc = { [CHILD]: contract(`ef0100${NOBODY.slice(2)}`, { nonce: '0x0' }) }
    const ran = await runCode(op.call(CHILD.slice(2), 0x65) + op.stop, 100_000n, alloc)
    expect([ran.status, listed(ran, NOBODY) !== undefined]).toEqual([1, true])
  })

  test('a delegation to a precompile runs nothing and succeeds', async () => {
    const alloc = { [CHILD]: contract(`ef0100${'9'.padStart(40, '0')}`) }
    const call = op.call(CHILD.slice(2), 0, 50_000).slice(0, -2)
    const ran = await runCode(`${call}${push(0)}55${op.stop}`, 1_000_000n, alloc)
    expect(stored(ran, CONTRACT, 0)).toEqual(Uint8Array.of(1))
  })
})

describe('accounts (state_tracker.py)', () => {
  const empty = { balance: '0x0' }

  test('a call without value does not touch an empty account (interpreter.py::process_call)', async () => {
    const chain = await chainWith({ [NOBODY]: empty, [CONTRACT]: contract(op.call(NOBODY.slice(2)) + op.stop) })
    await run(chain)
    await chain.seal([chain.decode(await sign(0, { nonce: 1, to: NOBODY }))])
    expect(chain.state().getAccount(hexToBytes(NOBODY.slice(2)))).toBeDefined()
  })

  test.each(['a tip of nothing', 'a withdrawal of nothing'])(
    '%s clears an empty account (create_ether)',
    async (what) => {
      const address = hexToBytes(PRIORITY_FEE_TO.slice(2))
      const chain = await chainWith({ [PRIORITY_FEE_TO]: empty })
      expect(chain.state().getAccount(address)).toBeDefined()
      const tip = what.startsWith('a tip')
      const raw = await sign(0, { nonce: 0, to: NOBODY, maxPriorityFeePerGas: 0n })
      const withdrawal = { index: 0n, validatorIndex: 0n, address, amount: 0n }
      await chain.seal(
        tip ? [chain.decode(raw)] : [],
        tip ? {} : { coinbase: new Uint8Array(20), withdrawals: [withdrawal] },
      )
      expect(chain.state().getAccount(address)).toBeUndefined()
    },
  )

  test.each([
    ['a transfer', NOBODY, { to: NOBODY, value: 1n }],
    ['a call', NOBODY, { to: CONTRACT }],
    ['the last act of a contract', NOBODY, { to: CHILD }],
    ['a tip', PRIORITY_FEE_TO, { to: CONTRACT }],
  ])('%s that would take a balance above 2^256 cannot be in a block', async (_, rich, fields) => {
    const chain = await chainWith({
      [rich]: { balance: `0x${'ff'.repeat(32)}` },
      [CONTRACT]: contract(op.call(NOBODY.slice(2), 1) + op.stop),
      [CHILD]: contract(op.selfdestruct(NOBODY.slice(2))),
    })
    expect(await run(chain, fields).catch((error: { code?: string }) => error.code)).toBe('INVALID')
  })
})

describe('calls that share a block access index are netted together (block_access_lists.py::update_builder_from_tx)', () => {
  const SYSTEM = `${'ff'.repeat(19)}fe`
  const empty = { index: 0n, validatorIndex: 0n }
  const entry = (outcome: BlockOutcome, address: string) =>
    createBlockLevelAccessListFromRLP(outcome.blockAccessList ?? new Uint8Array(0))
      .toJSON()
      .find((account) => account.address === address)
  const storageOf = (outcome: BlockOutcome, address: string) =>
    Object.fromEntries(
      (entry(outcome, address)?.storageChanges ?? []).map(({ slot, slotChanges }) => [
        slot,
        slotChanges.map((change) => [Number(change.blockAccessIndex), change.postValue]),
      ]),
    )
  /** slot = slot + 1 */
  const count = (at: number) => `${push(at)}54${push(1)}01${push(at)}55`
  const callerTo = (at: number) => `33${push(at)}55`

  test('slots that the calls after the transactions set and reset', async () => {
    const callChild = contract(op.call(CHILD.slice(2)) + op.stop)
    // slot 0 = slot 0 is zero
    const chain = await chainWith({
      [CHILD]: contract(`${push(0)}5415${push(0)}55${op.stop}`),
      [WITHDRAWAL_REQUEST_ADDRESS]: callChild,
      [CONSOLIDATION_REQUEST_ADDRESS]: callChild,
    })
    const outcome = await chain.seal([])
    expect([entry(outcome, CHILD)?.storageReads, storageOf(outcome, CHILD)]).toEqual([['0x'], {}])
  })

  test('code of one of the two calls before the transactions that runs twice, and creates', async () => {
    const toggle = `${push(0)}5415${push(0)}55`
    const history = toggle + count(1) + callerTo(2) + op.create(op.stop) + op.stop
    const chain = await chainWith({
      [HISTORY_ADDRESS]: contract(history),
      [BEACON_ROOTS_ADDRESS]: contract(op.call(HISTORY_ADDRESS.slice(2)) + op.stop),
    })
    const outcome = await chain.seal([])
    expect(entry(outcome, HISTORY_ADDRESS)?.storageReads).toEqual(['0x'])
    expect(storageOf(outcome, HISTORY_ADDRESS)).toEqual({ '0x01': [[0, '0x02']], '0x02': [[0, `0x${SYSTEM}`]] })
    for (const [address, nonce] of [
      [HISTORY_ADDRESS, '0x03'],
      [created(HISTORY_ADDRESS, 1n), '0x01'],
      [created(HISTORY_ADDRESS, 2n), '0x01'],
    ] as const) {
      expect(entry(outcome, address)?.nonceChanges).toEqual([{ blockAccessIndex: '0x00', postNonce: nonce }])
    }
    expect(entry(outcome, `0x${SYSTEM}`)).toBeUndefined()
  })

  test('but not across indices: what a system call moved and a transaction restores is two changes', async () => {
    const storage = { '0x01': sender() }
    const chain = await chainWith({ [HISTORY_ADDRESS]: contract(callerTo(1) + count(2) + op.stop, { storage }) })
    const { outcome } = await run(chain, { to: HISTORY_ADDRESS })
    expect(entry(outcome, HISTORY_ADDRESS)?.storageReads).toEqual([])
    expect(storageOf(outcome, HISTORY_ADDRESS)['0x01']).toEqual([
      [0, `0x${SYSTEM}`],
      [1, sender().toLowerCase()],
    ])
  })

  test('withdrawals and what request contracts do with them', async () => {
    const forward = contract(op.call(NOBODY.slice(2), 7_000_000_000) + op.stop, { balance: '0x0' })
    const addresses = [WITHDRAWAL_REQUEST_ADDRESS, CONSOLIDATION_REQUEST_ADDRESS]
    const chain = await chainWith(Object.fromEntries(addresses.map((address) => [address, forward])))
    const withdrawals = [7n, 9n].map((amount, i) => ({ ...empty, address: hexToBytes(addresses[i] ?? ''), amount }))
    const outcome = await chain.seal([], { withdrawals })
    expect(entry(outcome, WITHDRAWAL_REQUEST_ADDRESS)?.balanceChanges).toEqual([])
    expect(entry(outcome, CONSOLIDATION_REQUEST_ADDRESS)?.balanceChanges).toEqual([
      { blockAccessIndex: '0x01', postBalance: '0x77359400' },
    ])
    expect(entry(outcome, NOBODY)?.balanceChanges).toEqual([{ blockAccessIndex: '0x01', postBalance: '0x0342770c00' }])
  })
})

describe('delegations (vm/eoa_delegation.py::set_delegation)', () => {
  const fresh = [101n, 102n].map((n) => privateKeyToAccount(`0x${n.toString(16).padStart(64, '0')}`))
  const first = fresh[0]?.address.toLowerCase() ?? ''
  const each = NEW_ACCOUNT + 9_000n + 35_190n

  /** Calls `CONTRACT` with authorizations of accounts that are not there yet. */
  async function delegating(gas: bigint, delegates: number): Promise<Ran> {
    const chain = await chainWith({ [CONTRACT]: contract(op.stop) })
    const [from] = accounts
    if (from === undefined) throw new Error('no accounts')
    const authorization = { contractAddress: CHILD as `0x${string}`, chainId: CHAIN_ID, nonce: 0 }
    const raw = await from.signTransaction({
      type: 'eip7702',
      chainId: CHAIN_ID,
      nonce: 0,
      gas,
      to: CONTRACT as `0x${string}`,
      maxFeePerGas: 20_000_000_000n,
      maxPriorityFeePerGas: 0n,
      authorizationList: await Promise.all(
        fresh.slice(0, delegates).map((account) => account.signAuthorization(authorization)),
      ),
    })
    const outcome = await chain.seal([chain.decode(raw)])
    const [receipt] = outcome.receipts
    return { chain, outcome, status: receipt?.status, gasUsed: receipt?.gasUsed }
  }

  test('a new authority costs an account, a write and an indicator; short of it the recipient is not read', async () => {
    const least = CALL_BASE + 7_816n + each
    const paid = await delegating(least, 1)
    expect([paid.status, paid.gasUsed, listed(paid, first)?.codeChanges.length]).toEqual([1, least, 1])
    expect(listed(paid, CONTRACT)).toBeDefined()
    const short = await delegating(least - 1n, 1)
    expect([short.status, short.gasUsed, listed(short, first)?.codeChanges.length]).toEqual([0, least - 1n, 0])
    expect(listed(short, first)?.nonceChanges.size).toBe(0)
    expect(listed(short, CONTRACT)).toBeUndefined()
  })

  test('when the second cannot be paid the first is undone too', async () => {
    const gas = CALL_BASE + 2n * 7_816n + each + 1_000n
    const ran = await delegating(gas, 2)
    expect([ran.status, ran.gasUsed, listed(ran, first)?.codeChanges.length]).toEqual([0, gas, 0])
  })

  test('the reservoir pays for the state of an authority', async () => {
    const ran = await delegating(CAP + NEW_ACCOUNT + 35_190n, 1)
    expect([ran.status, ran.gasUsed]).toEqual([1, CALL_BASE + 7_816n + each])
    // the state of the request contracts does not count
    expect(ran.outcome.block.header.gasUsed).toBe(NEW_ACCOUNT + 35_190n)
  })
})
