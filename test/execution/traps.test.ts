import { getActivePrecompiles } from '@ethereumjs/evm'
import { createBlockLevelAccessListFromRLP } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import { amsterdamSpec, createChainSpec } from '../../execution/chainSpec.ts'
import { createEngine } from '../../execution/engine.ts'
import { createRunVm } from '../../execution/runVm.ts'
import type { BlockAssembly, BlockEnv, BlockOutcome, ExecutePrecompile, Transaction } from '../../execution/types.ts'
import {
  BEACON_ROOTS_ADDRESS,
  BEACON_ROOTS_CODE,
  BUILDER_EXIT_ADDRESS,
  HISTORY_ADDRESS,
  WITHDRAWAL_REQUEST_ADDRESS,
} from '../../genesis/systemContracts.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { InvalidBlock, InvalidWitness } from '../../stateless/errors.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { Block, RunBlockRequest, StateView } from '../../stateless/types.ts'
import { accounts, addressOf, CHAIN_ID, createDevChain, type DevChain, type DevChainOptions, sign } from './devChain.ts'
import { loop, op, push } from './programs.ts'
import { cryptoOnce, onReference, silentLogger } from './support.ts'

const CONTRACT = `0x${'c1'.repeat(20)}`
const SYSTEM = 'fffffffffffffffffffffffffffffffffffffffe'
const account = (code: string, storage: Record<string, string> = {}) => ({
  balance: '0x64',
  nonce: '0x1',
  code: `0x${code}`,
  storage,
})

function begin(
  chain: DevChain,
  over: Partial<BlockEnv> = {},
  state: StateView = chain.state(),
): Promise<BlockAssembly> {
  return chain.engine.beginBlock({
    parent: chain.head.header,
    parentHash: chain.head.hash,
    env: chain.env(over),
    state,
    blockHash: chain.memory.blockHash,
  })
}

async function callContract(chain: DevChain, nonce = 0, gas = 1_000_000n): Promise<Transaction> {
  return chain.decode(await sign(0, { nonce, to: CONTRACT, gas }))
}

function stateless(chain: DevChain, parent: Block, outcome: BlockOutcome, over: Partial<RunBlockRequest> = {}) {
  return chain.engine.runBlock({
    chainId: BigInt(CHAIN_ID),
    parent: parent.header,
    block: outcome.block,
    state: chain.memory.view(parent.header.stateRoot),
    blockAccessList: outcome.blockAccessList ?? new Uint8Array(0),
    blockHash: (number) => chain.memory.blockHash(number) ?? new Uint8Array(32),
    ...over,
  })
}

const listed = (outcome: BlockOutcome, address: string) =>
  createBlockLevelAccessListFromRLP(outcome.blockAccessList ?? new Uint8Array(0)).get(address)

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error)

/** A view that notes which accounts were asked for. */
function spy(view: StateView): { view: StateView; asked: Set<string> } {
  const asked = new Set<string>()
  return {
    asked,
    view: {
      ...view,
      root: view.root,
      getAccount(address) {
        asked.add(bytesToHex(address))
        return view.getAccount(address)
      },
    },
  }
}

describe('T3: EXECUTE behind its own fork name, in a subclass that is never copied', () => {
  const execute: ExecutePrecompile = async (input, gas) =>
    input.length === 0 && gas >= 1000n
      ? { ok: true, output: new Uint8Array(43).fill(9), gasUsed: 1000n }
      : { ok: false }
  const callExecute = `${push(32)}${push(0)}${push(0)}${push(0)}${push(0x0101)}${push(50_000)}fa${push(1)}55${push(0)}51${push(2)}553d${push(3)}55${op.stop}`
  const build = async (options: DevChainOptions) => {
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(callExecute) }, ...options })
    await chain.seal([await callContract(chain)])
    const slot = (n: number) =>
      bytesToHex(chain.state().getStorage(hexToBytes(CONTRACT), hexToBytes(n.toString(16).padStart(64, '0'))))
    return { success: slot(1), word: slot(2), size: slot(3) }
  }

  test('after the fork it answers and is warm', async () => {
    expect(await build({ nativeRollups: true, execute })).toEqual({ success: '01', word: '09'.repeat(32), size: '2b' })
  })

  test('before the fork it is an ordinary empty account', async () => {
    expect(await build({ execute })).toEqual({ success: '01', word: '', size: '' })
  })

  test('without an implementation (L2) it is an empty account even after the fork', async () => {
    expect(await build({ nativeRollups: true })).toEqual({ success: '01', word: '', size: '' })
  })

  test('a refusal eats the forwarded gas and gives nothing back', async () => {
    const refuse: ExecutePrecompile = async () => ({ ok: false })
    expect(await build({ nativeRollups: true, execute: refuse })).toEqual({ success: '', word: '', size: '' })
  })

  test('inside a stateless run it is never active', async () => {
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(callExecute) }, execute })
    const parent = chain.head
    const outcome = await chain.seal([await callContract(chain)])
    expect((await stateless(chain, parent, outcome)).stateRoot).toEqual(outcome.block.header.stateRoot)
  })
})

test('T4: a bug inside EXECUTE leaves the block build as that error and breaks only this build', async () => {
  const bug = new Error('bug in EXECUTE')
  const broken: ExecutePrecompile = async () => {
    throw bug
  }
  const chain = await createDevChain({
    alloc: { [CONTRACT]: account(op.call('0101')) },
    nativeRollups: true,
    execute: broken,
  })
  const assembly = await begin(chain)
  const failure = await assembly.addTransaction(await callContract(chain)).catch((error: unknown) => error)
  expect((failure as Error).cause).toBe(bug)
  await expect(assembly.seal()).rejects.toThrow('the block is broken')
  expect((await (await begin(chain)).seal()).receipts).toHaveLength(0)
})

test('T5: the EVM computes on our curves', async ({ skip }) => {
  skip(onReference, "the reference engine computes on the library's")
  const spec = amsterdamSpec(1n, await cryptoOnce)
  const empty = createStateView({ getNode: () => undefined, getCode: () => undefined }, EMPTY_ROOT)
  const { evm } = await createRunVm({
    common: spec.commonAt({ number: 1n, timestamp: 1n }),
    state: empty,
    blockHash: () => undefined,
  })
  const stock = getActivePrecompiles(evm.common)
  for (const number of [0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11]) {
    const address = number.toString(16).padStart(40, '0')
    expect(stock.get(address)).toBeDefined()
    expect(evm.precompiles.get(address)).not.toBe(stock.get(address))
  }
})
const EMPTY_ROOT = hexToBytes('56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421')

describe('T6, T7, v21 3.1 and 3.6: a read that fails aborts the run with its own error', () => {
  const failing = (
    view: StateView,
    broken: 'getAccount' | 'getStorage' | 'getCode' | 'commit',
    error: Error,
  ): StateView => ({
    ...view,
    root: view.root,
    [broken]: () => {
      throw error
    },
  })

  test.for(['getAccount', 'getStorage', 'getCode', 'commit'] as const)('%s', async (broken, { skip }) => {
    skip(
      onReference && broken === 'commit',
      'the reference engine commits through tries of its own, over the same nodes',
    )
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(op.sload(1) + op.sstore(2, 3) + op.stop) } })
    const parent = chain.head
    const outcome = await chain.seal([await callContract(chain)])
    const missing = new InvalidWitness('MISSING_NODE', 'not there')
    const view = chain.memory.view(parent.header.stateRoot)
    await expect(stateless(chain, parent, outcome, { state: failing(view, broken, missing) })).rejects.toBe(missing)
    const store = new Error('disk on fire')
    await expect(stateless(chain, parent, outcome, { state: failing(view, broken, store) })).rejects.toBe(store)
  })

  test('v21 3.1: a write that is reverted asks nothing of the trie and changes nothing', async () => {
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(op.sstore(1, 1) + op.revert) } })
    const outcome = await chain.seal([await callContract(chain)])
    expect(outcome.changes.storage.has(CONTRACT.slice(2))).toBe(false)
    expect(outcome.changes.accounts.has(CONTRACT.slice(2))).toBe(false)
    expect(listed(outcome, CONTRACT)?.storageReads).toEqual(new Set(['0x01']))
  })

  test('v21 3.4: storage of an account without any needs no node', async () => {
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(op.sload(1) + op.stop) } })
    expect((await chain.seal([await callContract(chain)])).receipts[0]?.status).toBe(1)
  })

  test('EXTCODEHASH does not load the code it hashes', async () => {
    const other = 'c2'.repeat(20)
    const chain = await createDevChain({
      alloc: { [CONTRACT]: account(`${push(other)}3f${push(1)}55${op.stop}`), [`0x${other}`]: account('6001600155') },
    })
    const parent = chain.head
    const outcome = await chain.seal([await callContract(chain)])
    const view = chain.memory.view(parent.header.stateRoot)
    const otherHash = bytesToHex(view.getAccount(hexToBytes(other))?.codeHash ?? new Uint8Array(0))
    const state: StateView = {
      ...view,
      root: view.root,
      getCode(hash) {
        if (bytesToHex(hash) === otherHash) throw new InvalidWitness('MISSING_CODE', 'not needed')
        return view.getCode(hash)
      },
    }
    expect((await stateless(chain, parent, outcome, { state })).stateRoot).toEqual(outcome.block.header.stateRoot)
  })
})

test('T9: a call at Amsterdam runs on a fresh chain', async () => {
  const chain = await createDevChain({
    alloc: { [CONTRACT]: account(`${push(7)}${push(0)}52${push(32)}${push(0)}f3`) },
  })
  const outcome = await chain.engine.call(
    { to: hexToBytes(CONTRACT) },
    { header: chain.head.header, state: chain.state(), blockHash: chain.memory.blockHash },
  )
  expect(outcome.status === 'success' && outcome.output[31]).toBe(7)
})

describe('T10 and trap 3: a missing or failing request contract fails builder, executor and verifier alike', () => {
  test.each([
    ['no code', WITHDRAWAL_REQUEST_ADDRESS, ''],
    ['a failing call', WITHDRAWAL_REQUEST_ADDRESS, op.invalid],
    ['a reverting call', WITHDRAWAL_REQUEST_ADDRESS, op.revert],
    ['no code', BUILDER_EXIT_ADDRESS, ''],
    ['a failing call', BUILDER_EXIT_ADDRESS, op.invalid],
  ])('%s at %s', async (_name, address, code) => {
    const fine = await createDevChain()
    const good = await fine.seal([])
    const chain = await createDevChain({ alloc: { [address]: account(code) } })
    const building = await begin(chain)
    expect(await building.seal().catch(codeOf)).toBe('SYSTEM_CONTRACT_FAILED')
    const header = { ...good.block.header, parentHash: chain.head.hash }
    const outcome = { ...good, block: { ...good.block, header } }
    expect(await stateless(chain, chain.head, outcome).catch(codeOf)).toBe('SYSTEM_CONTRACT_FAILED')
  })
})

test('T11: runs leave no listener on the Common that a chain shares', async () => {
  const crypto = await cryptoOnce
  const chain = await createDevChain()
  const spec = createChainSpec(chain.genesis.config, { crypto })
  const engine = createEngine({ spec, crypto, logger: silentLogger })
  const context = { header: chain.head.header, state: chain.state(), blockHash: chain.memory.blockHash }
  for (let i = 0; i < 5; i++) await engine.call({ to: addressOf(1) }, context)
  expect(spec.sharedCommonAt(chain.head.header).events.listenerCount('hardforkChanged')).toBe(0)
})

test('T12: a chain id beyond 2^53 runs', async () => {
  const chainId = 18_079_000_000_000_000_001n
  const spec = amsterdamSpec(chainId, await cryptoOnce)
  expect(spec.commonAt({ number: 1n, timestamp: 1n }).chainId()).toBe(chainId)
})

describe('T15: a long transaction lets the event loop turn, and nothing depends on it', () => {
  const run = async (yieldEveryMs: number) => {
    const crypto = await cryptoOnce
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(loop(0, 3000, op.sload(1)) + op.stop) } })
    const spec = createChainSpec(chain.genesis.config, { crypto })
    const engine = createEngine({ spec, crypto, logger: silentLogger, yieldEveryMs })
    const assembly = await begin({ ...chain, engine })
    let turns = 0
    let running = true
    const count = () => {
      turns++
      if (running) setImmediate(count)
    }
    setImmediate(count)
    await assembly.addTransaction(await callContract(chain))
    running = false
    return { turns, outcome: await assembly.seal() }
  }

  test('more turns when it may yield often; same block', async () => {
    const often = await run(0)
    const never = await run(1e9)
    expect(often.turns).toBeGreaterThan(never.turns + 5)
    expect(often.outcome.block.hash).toEqual(never.outcome.block.hash)
  })
})

test('trap 1: the claimed access list is compared with the generated one', async () => {
  const chain = await createDevChain()
  const parent = chain.head
  const outcome = await chain.seal([])
  const blockAccessList = outcome.blockAccessList?.slice() ?? new Uint8Array(0)
  blockAccessList[blockAccessList.length - 1] = (blockAccessList.at(-1) ?? 0) ^ 1
  expect(await stateless(chain, parent, outcome, { blockAccessList }).catch(codeOf)).toBe('BLOCK_ACCESS_LIST_MISMATCH')
})

describe('trap 2: ring writes of EIP-4788 and EIP-2935', () => {
  const key = (n: bigint) => `0x${n.toString(16).padStart(64, '0')}`
  const RING = 8191n
  /** a chain whose ring slots of the next block already hold `root` and `time` */
  const withRing = (root: string, time: bigint, at: bigint) =>
    createDevChain({
      alloc: {
        [BEACON_ROOTS_ADDRESS]: {
          balance: '0x0',
          nonce: '0x1',
          code: BEACON_ROOTS_CODE,
          storage: { [key(at % RING)]: `0x${time.toString(16)}`, [key((at % RING) + RING)]: root },
        },
      },
    })
  const at = 1012n
  const rootSlot = `0x${((at % RING) + RING).toString(16).padStart(4, '0')}` as `0x${string}`

  test('(a) a zero root over a non-zero one is a change', async () => {
    const chain = await withRing(`0x${'05'.repeat(32)}`, 1n, at)
    const outcome = await chain.seal([], { timestamp: at, parentBeaconBlockRoot: new Uint8Array(32) })
    expect(Object.keys(listed(outcome, BEACON_ROOTS_ADDRESS)?.storageChanges ?? {})).toContain(rootSlot)
    expect(
      chain.state().getStorage(hexToBytes(BEACON_ROOTS_ADDRESS), hexToBytes(key((at % RING) + RING))),
    ).toHaveLength(0)
  })

  test('(b) the same root again is a read', async () => {
    const chain = await withRing(`0x${'05'.repeat(32)}`, at, at)
    const outcome = await chain.seal([], { timestamp: at, parentBeaconBlockRoot: new Uint8Array(32).fill(5) })
    expect(listed(outcome, BEACON_ROOTS_ADDRESS)?.storageReads).toContain(rootSlot)
    expect(Object.keys(listed(outcome, BEACON_ROOTS_ADDRESS)?.storageChanges ?? {})).toHaveLength(0)
  })

  test('direct writes and the canonical code give the same block', async () => {
    // one more byte after the end makes the code foreign without changing what it does
    const direct = await createDevChain()
    const called = await createDevChain({
      alloc: { [BEACON_ROOTS_ADDRESS]: { balance: '0x0', nonce: '0x1', code: `${BEACON_ROOTS_CODE}00` } },
    })
    const [a, b] = [await direct.seal([]), await called.seal([])]
    expect(listed(b, BEACON_ROOTS_ADDRESS)).toEqual(listed(a, BEACON_ROOTS_ADDRESS))
    const beacon = BEACON_ROOTS_ADDRESS.slice(2)
    expect(a.changes.storage.get(beacon)?.size).toBe(2)
    expect(b.changes.storage.get(beacon)).toEqual(a.changes.storage.get(beacon))
  })

  test.each([BEACON_ROOTS_ADDRESS, HISTORY_ADDRESS])(
    '(c) foreign code at %s runs; only EXECUTE asks to refuse it (fork.py::apply_body)',
    async (address) => {
      const chain = await createDevChain({ alloc: { [address]: account(op.sstore(9, 9) + op.stop) } })
      const parent = chain.head
      const outcome = await chain.seal([])
      expect(chain.state().getStorage(hexToBytes(address), hexToBytes(key(9n)))).toEqual(Uint8Array.of(9))
      expect((await stateless(chain, parent, outcome)).stateRoot).toEqual(outcome.block.header.stateRoot)
      const refusing = stateless(chain, parent, outcome, { refuseForeignSystemCode: true })
      expect(await refusing.catch(codeOf)).toBe('SYSTEM_CONTRACT_FOREIGN_CODE')
    },
  )

  test('no code there: the address is listed, nothing happens', async () => {
    const chain = await createDevChain({ alloc: { [BEACON_ROOTS_ADDRESS]: { balance: '0x0', nonce: '0x1' } } })
    const outcome = await chain.seal([])
    const access = listed(outcome, BEACON_ROOTS_ADDRESS)
    expect(access?.storageReads.size).toBe(0)
    expect(Object.keys(access?.storageChanges ?? { missing: true })).toHaveLength(0)
  })
})

describe('trap 4: SYSTEM_ADDRESS', () => {
  test('system calls neither read, change nor list it', async () => {
    const chain = await createDevChain()
    const watched = spy(chain.state())
    const outcome = await (await begin(chain, {}, watched.view)).seal()
    expect(watched.asked.has(SYSTEM)).toBe(false)
    expect(outcome.changes.accounts.has(SYSTEM)).toBe(false)
    expect(listed(outcome, `0x${SYSTEM}`)).toBeUndefined()
  })

  test('an opcode that looks at it reads and lists it', async () => {
    const chain = await createDevChain({ alloc: { [CONTRACT]: account(`${push(SYSTEM)}3150${op.stop}`) } })
    const watched = spy(chain.state())
    const assembly = await begin(chain, {}, watched.view)
    await assembly.addTransaction(await callContract(chain))
    expect(watched.asked.has(SYSTEM)).toBe(true)
    expect(listed(await assembly.seal(), `0x${SYSTEM}`)).toBeDefined()
  })

  test('a request contract that looks at its caller reads it', async () => {
    const chain = await createDevChain({ alloc: { [WITHDRAWAL_REQUEST_ADDRESS]: account(`333150${op.stop}`) } })
    const watched = spy(chain.state())
    await (await begin(chain, {}, watched.view)).seal()
    expect(watched.asked.has(SYSTEM)).toBe(true)
  })
})

test('delegations that are rolled back are not listed as changes', async () => {
  const [sender, authority] = accounts
  if (sender === undefined || authority === undefined) throw new Error('no accounts')
  const chain = await createDevChain()
  const raw = await sender.signTransaction({
    type: 'eip7702',
    chainId: CHAIN_ID,
    nonce: 0,
    gas: 110_000n,
    value: 1n,
    to: '0xdead00000000000000000000000000000000beef',
    maxFeePerGas: 20_000_000_000n,
    maxPriorityFeePerGas: 0n,
    authorizationList: [
      await authority.signAuthorization({ contractAddress: CONTRACT as `0x${string}`, chainId: CHAIN_ID, nonce: 0 }),
    ],
  })
  const outcome = await chain.seal([chain.decode(raw)])
  const address = authority.address.toLowerCase() as `0x${string}`
  expect(outcome.receipts[0]?.status).toBe(0)
  expect(chain.state().getAccount(hexToBytes(address))?.nonce).toBe(0n)
  expect(listed(outcome, address)?.nonceChanges.size).toBe(0)
  expect(listed(outcome, address)?.codeChanges).toHaveLength(0)
})

test('a library failure on a block is a rejection that is logged with the hash', async () => {
  const events: unknown[] = []
  const crypto = await cryptoOnce
  const chain = await createDevChain()
  const parent = chain.head
  const outcome = await chain.seal([])
  const spec = createChainSpec(chain.genesis.config, { crypto })
  const engine = createEngine({ spec, crypto, logger: { error: (event, fields) => events.push([event, fields]) } })
  // 33 bytes where the library wants 32: it throws from inside its own header class
  const header = { ...outcome.block.header, prevRandao: new Uint8Array(33) }
  const failure = await stateless({ ...chain, engine }, parent, {
    ...outcome,
    block: { ...outcome.block, header },
  }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(InvalidBlock)
  expect(codeOf(failure)).toBe('EXECUTION_FAILED')
  expect(JSON.stringify(events)).toContain(bytesToHex(outcome.block.hash))
})
