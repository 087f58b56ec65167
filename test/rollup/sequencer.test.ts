import { encodeFunctionData, erc20Abi, type Hex, parseEther, toFunctionSelector } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount, relayerAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { WETH9_ADDRESS } from '../../genesis/parameters.ts'
import { SETTLEMENT_LIMITS } from '../../rollup/limits.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { type Pair, type PairOptions, seal, settleAll, startPair } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'
/** PUSH0 PUSH0 REVERT */
const REVERTING = '0x5f5ffd'
/** loops until its gas is gone: JUMPDEST PUSH0 JUMP */
const BURNING = '0x5b5f56'

let pair: Pair | undefined
afterEach(async () => {
  await pair?.close()
  pair = undefined
})

async function start(options: PairOptions = {}): Promise<Pair> {
  pair = await startPair(options)
  await pair.l2.start()
  return pair
}

/** Init code that returns `runtime`. */
function initCode(runtime: Hex): Hex {
  const size = (runtime.length - 2) / 2
  return `0x61${size.toString(16).padStart(4, '0')}80600a5f395ff3${runtime.slice(2)}`
}

async function deployL2({ l2, sendL2 }: Pair, runtime: Hex): Promise<Hex> {
  const hash = await sendL2(devAccount(9), { to: undefined, data: initCode(runtime), gas: 4_000_000n })
  await seal(l2)
  const location = l2.chain.getTransactionLocation(hexToBytes(hash))
  const stored = location === undefined ? undefined : l2.chain.getBlockByHash(location.blockHash)
  const address = stored?.receipts[location?.index ?? 0]?.contractAddress
  if (address === undefined) throw new Error('not deployed')
  return `0x${bytesToHex(address)}`
}

async function nextL1(of: Pair): Promise<void> {
  await seal(of.l1)
  await of.l2.watcher.step()
}

const events = ({ logger }: Pair, event: string) => logger.lines.filter((line) => line.event === event)

describe('L2 blocks', () => {
  it('carry what the rollup contract binds', async () => {
    const { l1, l2 } = await start()
    await nextL1(pair as Pair)
    const { header } = await seal(l2)
    const anchor = l1.chain.head()
    expect(header.parentBeaconBlockRoot).toEqual(anchor.hash)
    expect(header.slotNumber).toBe(1n)
    expect(header.gasLimit).toBe(60_000_000n)
    const number = hexToBytes('1'.padStart(64, '0'))
    expect(header.prevRandao).toEqual(keccak256(Uint8Array.of(...anchor.hash, ...number)))
    expect(header.timestamp).toBeGreaterThanOrEqual(anchor.header.timestamp)
    expect(l2.inputs.anchorBlock(l2.chain.head().hash)).toBe(1n)
  })

  it('are not sealed before L1 was read', async () => {
    pair = await startPair()
    expect(await pair.l2.sealer.sealNow()).toBeUndefined()
    expect(pair.l2.sequencer.status()).toMatchObject({ active: false })
    await pair.l2.start()
    expect(await pair.l2.sealer.sealNow()).toBeDefined()
    expect(pair.l2.sequencer.status()).toEqual({ active: true })
  })

  it('stay within 10 s of the time that L1 can give them', async () => {
    const { l2, l1 } = await start()
    let sealed = 0
    while ((await l2.sealer.sealNow()) !== undefined) sealed += 1
    const lead = Number(l2.chain.head().header.timestamp - l1.chain.head().header.timestamp)
    expect(sealed).toBeGreaterThan(5)
    expect(lead).toBeLessThanOrEqual(13)
    expect(l2.sequencer.status().reason).toMatch(/time of L1/)
    pair?.clock.shift(5_000)
    expect(await l2.sealer.sealNow()).toBeDefined()
  })

  it('come in instant mode for transactions and messages, never for an L1 block alone', async () => {
    const { l2 } = await start({ l2: { kind: 'instant' } })
    await nextL1(pair as Pair)
    await l2.sequencer.exclusively(async () => undefined)
    expect(await l2.sequencer.seal('wake')).toBeUndefined()
    expect(l2.chain.head().header.number).toBe(0n)
    const head = new Promise<void>((resolve) => l2.chain.onHead(() => resolve()))
    await pair?.deposit(FRESH, 5n)
    await nextL1(pair as Pair)
    await head
    expect(pair?.l2Balance(FRESH)).toBe(5n)
    expect(await l2.sequencer.seal('wake')).toBeUndefined()
  })
})

describe('claims', () => {
  it('prove an inbox root once for all its messages, and later ones under a new root', async () => {
    const { l2, deposit } = await start()
    for (let value = 1n; value <= 3n; value++) await deposit(FRESH, value)
    await nextL1(pair as Pair)
    expect((await seal(l2)).transactions).toHaveLength(4)
    await deposit(FRESH, 4n)
    await nextL1(pair as Pair)
    expect((await seal(l2)).transactions).toHaveLength(2)
    expect((await seal(l2)).transactions).toHaveLength(0)
    expect(pair?.l2Balance(FRESH)).toBe(10n)
    await settleAll(pair as Pair)
    expect((await l2.reader.status()).queue).toEqual({ deposits: 0n, blocksToSettle: 0n, forced: 0n })
  })

  it('leave a failing message out, keep the chain going and try again later', async () => {
    const of = await start()
    const { l2, clock } = of
    await nextL1(of)
    const victim = await deployL2(of, REVERTING)
    await of.deposit(victim, 1n)
    await of.deposit(FRESH, 7n)
    await nextL1(of)
    expect((await seal(l2)).transactions).toHaveLength(2)
    expect(of.l2Balance(FRESH)).toBe(7n)
    expect(events(of, 'a message of L1 cannot be delivered now')).toHaveLength(1)
    expect(l2.sequencer.hasWork()).toBe(false)
    clock.shift(3_000)
    expect(l2.sequencer.hasWork()).toBe(true)
    expect(await l2.sequencer.seal('wake')).toBeUndefined()
    expect(events(of, 'a message of L1 cannot be delivered now')).toHaveLength(2)
    expect((await l2.reader.status()).queue.deposits).toBe(1n)
  })

  it('are made for a fee that covers their cost, or out of courtesy for plain deposits only', async () => {
    const of = await start()
    const { l2, deposit } = of
    await deposit(FRESH, 1n, { data: '0x1234' })
    await nextL1(of)
    expect(l2.sequencer.hasWork()).toBe(false)
    await deposit(FRESH, 2n, { data: '0x1234', fee: 1n })
    await nextL1(of)
    expect(await l2.sequencer.seal('wake')).toBeUndefined()
    const relayer = relayerAccount().address
    const before = of.l2Balance(relayer)
    await deposit(FRESH, 4n, { data: '0x1234', fee: parseEther('0.01') })
    await nextL1(of)
    await seal(l2)
    expect(of.l2Balance(FRESH)).toBe(4n)
    expect(of.l2Balance(relayer)).toBeGreaterThan(before)
  })

  it('give 20 messages without fee a place in one block, and the others in the next', async () => {
    const of = await start()
    const { l2 } = of
    for (let index = 0; index < 25; index++) await of.deposit(FRESH, 1n)
    await nextL1(of)
    expect((await seal(l2)).transactions).toHaveLength(21)
    expect((await seal(l2)).transactions).toHaveLength(5)
    expect(of.l2Balance(FRESH)).toBe(25n)
    await settleAll(of)
  })

  it('give five deposits of tokens without fee a place in one block, whose first makes the token', async () => {
    const of = await start()
    const { l2, deployment } = of
    const { tokenBridge } = deployment.l1
    const from = devAccount(0)
    const call = (to: Hex, data: Hex, value = 0n) => of.sendL1(from, { to, data, value })
    await call(WETH9_ADDRESS, toFunctionSelector('deposit()'), 100n)
    const approval = { abi: erc20Abi, functionName: 'approve', args: [tokenBridge, 100n] } as const
    await call(WETH9_ADDRESS, encodeFunctionData(approval))
    for (let amount = 1n; amount <= 6n; amount++) {
      const args = [WETH9_ADDRESS, FRESH, amount, 0n] as const
      await call(tokenBridge, encodeFunctionData({ abi: l1TokenBridge.abi, functionName: 'deposit', args }))
    }
    await of.deposit(FRESH, 7n)
    await nextL1(of)
    // one proof of the inbox, five tokens
    expect((await seal(l2)).transactions).toHaveLength(6)
    expect((await seal(l2)).transactions).toHaveLength(2)
    expect(of.l2Balance(FRESH)).toBe(7n)
    await settleAll(of)
  })

  it('wait when L1 lies about its inbox, while transactions of users go on', async () => {
    const of = await start()
    const { l2, tamper } = of
    await of.deposit(FRESH, 9n)
    await nextL1(of)
    await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
    tamper.current = async (method, _params, answer) => {
      const result = structuredClone(await answer()) as { accountProof?: string[] }
      if (method === 'eth_getProof') result.accountProof?.pop()
      return result
    }
    expect((await seal(l2)).transactions).toHaveLength(1)
    expect(events(of, 'messages of L1 cannot be claimed now')[0]?.fields).toMatchObject({ code: 'BAD_L1_DATA' })
    tamper.current = undefined
    await seal(l2)
    expect(of.l2Balance(FRESH)).toBe(10n)
  })

  it('lead to reading L1 again when recorded messages and the proven inbox disagree', async () => {
    const of = await start()
    const { l2, tamper } = of
    tamper.current = async (method, _params, answer) => {
      const result = await answer()
      if (method !== 'eth_getLogs') return result
      // another value in the event's data
      const spoil = (log: { data: string }) => ({ ...log, data: log.data.replace('9', '8') })
      return (result as { data: string }[]).map(spoil)
    }
    await of.deposit(FRESH, 9n)
    await nextL1(of)
    expect(l2.watcher.messages()[0]?.message.value).toBe(8n)
    tamper.current = undefined
    expect(await l2.sequencer.seal('wake')).toBeUndefined()
    await l2.watcher.step()
    expect(l2.watcher.messages()[0]?.message.value).toBe(9n)
    await seal(l2)
    expect(of.l2Balance(FRESH)).toBe(9n)
  })

  it('take the header from its RPC fields, and from debug_getRawHeader when those do not hash to it', async () => {
    const of = await start()
    const { l2, tamper } = of
    const asked: string[] = []
    tamper.current = async (method, _params, answer) => {
      asked.push(method)
      const result = await answer()
      return method === 'eth_getBlockByHash'
        ? { ...(result as object), mixHash: `0x${'00'.repeat(32)}`, gasUsed: '0x1' }
        : result
    }
    await of.deposit(FRESH, 9n)
    await nextL1(of)
    await seal(l2)
    expect(asked).toContain('debug_getRawHeader')
    expect(of.l2Balance(FRESH)).toBe(9n)
  })

  it('deliver calls: the receiver sees value and data', async () => {
    const of = await start()
    const { l2 } = of
    await nextL1(of)
    // CALLDATASIZE CALLVALUE SSTORE: slot[value] = size
    const receiver = await deployL2(of, '0x363455')
    const data = encodeFunctionData({ abi: l1Messenger.abi, functionName: 'inboxRoot' })
    await of.deposit(receiver, 3n, { data, fee: parseEther('0.01') })
    await nextL1(of)
    await seal(l2)
    const state = l2.chain.stateAt(l2.chain.head().header.stateRoot)
    expect(state.getStorage(hexToBytes(receiver), hexToBytes('3'.padStart(64, '0')))).toEqual(Uint8Array.of(4))
  })
})

describe('BLOCKHASH on L2', () => {
  it('reaches old blocks in EXECUTE as it does here', async () => {
    const of = await start()
    const { l2 } = of
    await nextL1(of)
    // slot 0 = blockhash(number - 3): PUSH1 3 NUMBER SUB BLOCKHASH PUSH0 SSTORE
    const reader = await deployL2(of, '0x60034303405f55')
    for (let index = 0; index < 4; index++) {
      of.clock.shift(1_000)
      await seal(l2)
    }
    await of.sendL2(devAccount(1), { to: reader })
    of.clock.shift(1_000)
    const { header } = await seal(l2)
    const state = l2.chain.stateAt(header.stateRoot)
    // Stored without leading zeros, which one hash in 256 has.
    const stored = bytesToHex(state.getStorage(hexToBytes(reader), new Uint8Array(32))).padStart(64, '0')
    expect(stored).toBe(bytesToHex(l2.chain.getHashByNumber(header.number - 3n) ?? new Uint8Array(0)))
    await settleAll(of)
    expect(l2.settlement().settled).toBe(header.number)
  })
})

describe('limits of one settlement', () => {
  it('spread work over several blocks, each settleable', async () => {
    const of = await start()
    const { l2 } = of
    await nextL1(of)
    const burner = await deployL2(of, BURNING)
    for (let index = 1; index <= 5; index++) await of.sendL2(devAccount(index), { to: burner, gas: 5_000_000n })
    const first = await seal(l2)
    expect(first.transactions).toHaveLength(2)
    const second = await seal(l2)
    expect(second.transactions).toHaveLength(2)
    expect((await seal(l2)).transactions).toHaveLength(1)
    for (const { hash } of [first, second]) {
      expect((await l2.inputs.require(hash)).regularGas).toBeLessThanOrEqual(SETTLEMENT_LIMITS.maxRegularGas)
    }
    await settleAll(of)
    expect(l2.settlement().settled).toBe(l2.chain.head().header.number)
  })

  it('drop a transaction that alone burns more gas, with the figure, and go on with the others', async () => {
    const of = await start()
    const { l2, pool } = { ...of, pool: of.l2.pool }
    await nextL1(of)
    const burner = await deployL2(of, BURNING)
    const doomed = await of.sendL2(devAccount(1), { to: burner, gas: 13_000_000n })
    const good = await of.sendL2(devAccount(2), { to: FRESH, value: 5n })
    await seal(l2)
    expect(l2.chain.getTransactionLocation(hexToBytes(good))).toBeDefined()
    expect(l2.chain.getTransactionLocation(hexToBytes(doomed))).toBeUndefined()
    expect(pool.get(hexToBytes(doomed))).toBeUndefined()
    const [line] = events(of, 'a transaction can never be settled')
    expect(line?.fields.reason).toMatch(/unsettleable: .* 13001000 regular gas, one settlement carries 12000000/)
  })

  it('88 drop a transaction whose witness alone is too large, after finding the block too full with it', async () => {
    const of = await start()
    const { l2 } = of
    await nextL1(of)
    // six contracts of 24,000 bytes, and one that loads the code of all of them
    const large: Hex[] = []
    for (let index = 0; index < 6; index++) large.push(await deployLarge(of, index))
    const loads = large.map((address) => `73${address.slice(2)}3b50`).join('')
    // EXTCODESIZE does not need the code: EXTCODECOPY of one byte does
    const copies = large.map((address) => `60015f5f73${address.slice(2)}3c`).join('')
    const reader = await deployL2(of, `0x${loads}${copies}00`)
    const good = await of.sendL2(devAccount(2), { to: FRESH, value: 5n })
    const doomed = await of.sendL2(devAccount(1), { to: reader, gas: 5_000_000n })
    await seal(l2)
    expect(l2.chain.getTransactionLocation(hexToBytes(good))).toBeDefined()
    await l2.sealer.sealNow()
    expect(l2.pool.get(hexToBytes(doomed))).toBeUndefined()
    const [line] = events(of, 'a transaction can never be settled')
    expect(line?.fields.reason).toMatch(/input bytes, one settlement carries 122880/)
    await settleAll(of)
  })

  it('refuse blobs and oversized transactions at the pool', async () => {
    const of = await start()
    const raw = await devAccount(1).signTransaction({
      type: 'eip1559',
      chainId: of.deployment.l2ChainId,
      nonce: 0,
      gas: 12_000_000n,
      maxFeePerGas: 20_000_000_000n,
      to: FRESH,
      data: `0x${'11'.repeat(121_000)}`,
    })
    await expect(of.l2.pool.add(hexToBytes(raw))).rejects.toMatchObject({ code: 'UNSETTLEABLE' })
  })
})

async function deployLarge(of: Pair, index: number): Promise<Hex> {
  const runtime: Hex = `0x00${index.toString(16).padStart(2, '0').repeat(23_999)}`
  const hash = await of.sendL2(devAccount(index), { to: undefined, data: initCode(runtime), gas: 38_000_000n })
  of.clock.shift(2_000)
  const block = await seal(of.l2)
  const stored = of.l2.chain.getBlockByHash(block.hash)
  const location = of.l2.chain.getTransactionLocation(hexToBytes(hash))
  const address = stored?.receipts[location?.index ?? 0]?.contractAddress
  if (address === undefined) throw new Error('not deployed')
  return `0x${bytesToHex(address)}`
}
