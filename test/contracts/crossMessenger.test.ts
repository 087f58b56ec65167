import { encodeFunctionData, type Hex, keccak256, numberToHex, toFunctionSelector, toHex } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import { messageHash } from '../../rollup/messages/messages.ts'
import type { Message } from '../../rollup/types.ts'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { encodeRlp } from '../../stateless/rlp.ts'
import { compile } from '../compile.ts'
import { CROSS_MESSENGER, type CrossProof, createRollups, crossAbi, type Rollup, type Rollups } from './rollups.ts'
import { bytes, createRollup, L1_CHAIN_ID, L2_MESSENGER, setAnchor } from './setup.ts'
import { ALICE, BOB, type Chain, type Outcome } from './vm.ts'

const CAROL: Hex = '0xca40100000000000000000000000000000000004'
const EMPTY_ROOT = keccak256('0x80')

let artifact: Artifact
let of: Rollups
let a: Rollup
let b: Rollup

beforeAll(() => {
  artifact = compile({ CrossReceiver: 'test/contracts/CrossReceivers.sol' }).CrossReceiver
})

async function start(options?: Parameters<typeof createRollups>[0]): Promise<void> {
  of = await createRollups(options)
  ;[a, b] = of.rollups as [Rollup, Rollup]
}
beforeEach(() => start())

async function refused(chain: Chain, error: string, attempt: () => Promise<Outcome>): Promise<void> {
  const before = await chain.stateRoot()
  const outcome = await attempt()
  expect([outcome.ok, outcome.error]).toEqual([false, error])
  expect(await chain.stateRoot()).toBe(before)
}

async function receiverOn(chain: Chain) {
  const { address } = await chain.deploy(artifact)
  const { abi } = artifact
  return {
    address,
    set: (name: string, args: unknown[]) => chain.send(address, abi, name, args),
    read: <T>(name: string) => chain.read<T>(address, abi, name),
  }
}

/** A message of A, settled, with its proof on B. */
async function proven(sending: Parameters<Rollups['sendCross']>[2] = {}, to = b.chainId) {
  const message = await of.sendCross(a, to, sending)
  const at = await of.settle(a)
  return { message, at, proof: await of.proveCross(a, b, message, at) }
}

const pick = ({ rollup, messenger, chainId, head }: Rollup) => ({ rollup, messenger, chainId, head })
const lower = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)).toLowerCase())

describe('a message in one hop', () => {
  it('arrives with sender, source and data', async () => {
    const receiver = await receiverOn(b.chain)
    const { message, proof } = await proven({ to: receiver.address, data: '0xc0ffee', from: CAROL, gasLimit: 700_000n })
    const outcome = await of.claimCross(b, message, proof, { from: BOB })
    expect(outcome.error).toBeUndefined()
    const args = { sourceChainId: a.chainId, index: 0n, sender: CAROL, to: receiver.address }
    expect(lower(outcome.events)).toEqual(lower([{ name: 'CrossMessageDelivered', args }]))
    expect(await receiver.read('chainSeen')).toBe(28_079n)
    expect(lower(await receiver.read('senderSeen'))).toBe(CAROL)
    expect(await receiver.read('dataHash')).toBe(keccak256('0xc0ffee'))
    expect(await receiver.read('nestedSaw')).toBe(false)
    expect(await b.chain.read(CROSS_MESSENGER, crossAbi, 'delivered', [a.chainId, 0n])).toBe(true)
    expect(await b.chain.read(CROSS_MESSENGER, crossAbi, 'delivered', [b.chainId, 0n])).toBe(false)
    await expect(b.chain.read(CROSS_MESSENGER, crossAbi, 'crossSender')).rejects.toThrow('Messages_NoMessage')
  })

  it('goes both ways, each side with its own tree', async () => {
    const [onA, onB] = [await receiverOn(a.chain), await receiverOn(b.chain)]
    const there = await proven({ to: onB.address })
    expect((await of.claimCross(b, there.message, there.proof)).ok).toBe(true)
    const back = await of.sendCross(b, a.chainId, { to: onA.address, data: '0x01' })
    const at = await of.settle(b)
    expect((await of.claimCross(a, back, await of.proveCross(b, a, back, at))).ok).toBe(true)
    expect(await onA.read('chainSeen')).toBe(b.chainId)
    expect(await b.chain.read(CROSS_MESSENGER, crossAbi, 'outboxRoot')).toBe(b.cross.root())
    expect(await a.chain.read(CROSS_MESSENGER, crossAbi, 'outboxCount')).toBe(1n)
  })

  it('in any order, each once, under any later root', async () => {
    const messages: Message[] = []
    for (let i = 0; i < 5; i++) messages.push(await of.sendCross(a, b.chainId, { data: numberToHex(i) }))
    const first = await of.settle(a)
    await of.sendCross(a, b.chainId)
    const later = await of.settle(a)
    for (const index of [3, 0, 4, 1, 2]) {
      const message = messages[index] as Message
      const at = index % 2 === 0 ? first : later
      expect((await of.claimCross(b, message, await of.proveCross(a, b, message, at))).error).toBeUndefined()
      for (const again of [first, later]) {
        const proof = await of.proveCross(a, b, message, again)
        await refused(b.chain, 'Messages_AlreadyDelivered', () => of.claimCross(b, message, proof))
      }
    }
  })

  it('the same index of two sources is two messages', async () => {
    const c = await of.add(30_000n)
    const fromA = await proven({ to: CAROL })
    const fromC = await of.sendCross(c, b.chainId, { to: CAROL })
    const atC = await of.settle(c)
    expect((await of.claimCross(b, fromA.message, fromA.proof)).ok).toBe(true)
    expect((await of.claimCross(b, fromC, await of.proveCross(c, b, fromC, atC))).ok).toBe(true)
  })

  it('what fails can be claimed again, until it succeeds', async () => {
    const receiver = await receiverOn(b.chain)
    await receiver.set('setRefuses', [true])
    const { message, at } = await proven({ to: receiver.address, gasLimit: 700_000n })
    const proof = await of.proveCross(a, b, message, at)
    await refused(b.chain, 'Messages_DeliveryFailed', () => of.claimCross(b, message, proof))
    await receiver.set('setRefuses', [false])
    expect((await of.claimCross(b, message, proof)).ok).toBe(true)
    expect(await receiver.read('calls')).toBe(1n)
  })

  it.each([false, true])(
    'the receiver gets all the gas it was promised, or nothing happens (Amsterdam: %s)',
    async (amsterdam) => {
      await start({ amsterdam })
      const receiver = await receiverOn(b.chain)
      const { message, proof } = await proven({ to: receiver.address, gasLimit: 2_000_000n })
      for (const gas of [1_000_000n, 2_000_000n, 2_150_000n]) {
        await refused(b.chain, 'Messages_InsufficientGas', () => of.claimCross(b, message, proof, { gas }))
      }
      expect((await of.claimCross(b, message, proof, { gas: 2_500_000n })).error).toBeUndefined()
      expect(await receiver.read<bigint>('gasAtEntry')).toBeGreaterThan(1_990_000n)
      expect(await receiver.read<bigint>('gasAtEntry')).toBeLessThanOrEqual(2_000_000n)
    },
  )

  it('cannot be claimed while another one is delivered', async () => {
    const receiver = await receiverOn(b.chain)
    const inner = await of.sendCross(a, b.chainId, { to: CAROL })
    const outer = await of.sendCross(a, b.chainId, { to: receiver.address, gasLimit: 3_000_000n })
    const at = await of.settle(a)
    const [innerProof, outerProof] = [await of.proveCross(a, b, inner, at), await of.proveCross(a, b, outer, at)]
    await setAnchor(b.chain, innerProof.anchorTimestamp, keccak256(innerProof.l1Header))
    const nested = encodeFunctionData({ abi: crossAbi, functionName: 'claim', args: [inner, innerProof] })
    await receiver.set('setCall', [CROSS_MESSENGER, nested])
    const proof = { ...outerProof, l1Header: innerProof.l1Header }
    expect((await of.claimCross(b, outer, proof)).error).toBeUndefined()
    expect(await receiver.read('reentryOk')).toBe(false)
    expect(await receiver.read('reentryData')).toBe(toFunctionSelector('ReentrancyGuardReentrantCall()'))
    expect(await b.chain.read(CROSS_MESSENGER, crossAbi, 'delivered', [a.chainId, inner.index])).toBe(false)
  })

  it('may send on from inside a delivery', async () => {
    const receiver = await receiverOn(b.chain)
    const args = [a.chainId, BOB, 100_000n, '0x'] as const
    await receiver.set('setCall', [
      CROSS_MESSENGER,
      encodeFunctionData({ abi: crossAbi, functionName: 'sendMessage', args }),
    ])
    const { message, proof } = await proven({ to: receiver.address, gasLimit: 2_000_000n })
    const outcome = await of.claimCross(b, message, proof)
    expect(outcome.ok).toBe(true)
    expect(outcome.events.find(({ name }) => name === 'CrossMessageSent')?.args).toMatchObject({
      destinationChainId: a.chainId,
    })
  })
})

describe('sending refuses what could never be delivered', () => {
  it.each<[string, unknown[], string]>([
    ['to this chain', [28_079n, BOB, 100_000n, '0x'], 'CrossMessenger_ForbiddenDestination'],
    ['to L1', [BigInt(L1_CHAIN_ID), BOB, 100_000n, '0x'], 'CrossMessenger_ForbiddenDestination'],
    ['the messenger between rollups', [28_080n, CROSS_MESSENGER, 100_000n, '0x'], 'Messages_ForbiddenTarget'],
    ['the messenger to L1', [28_080n, L2_MESSENGER, 100_000n, '0x'], 'Messages_ForbiddenTarget'],
    ['no gas', [28_080n, BOB, 0n, '0x'], 'Messages_GasLimitTooLow'],
    ['too much gas', [28_080n, BOB, 8_000_001n, '0x'], 'Messages_GasLimitTooHigh'],
    ['too much data', [28_080n, BOB, 100_000n, `0x${'00'.repeat(16_385)}`], 'Messages_DataTooLong'],
  ])('%s', async (_, args, error) => {
    await refused(a.chain, error, () => a.chain.send(CROSS_MESSENGER, crossAbi, 'sendMessage', args))
  })

  it('takes no ETH', async () => {
    const args = [b.chainId, BOB, 100_000n, '0x']
    await refused(a.chain, 'revert', () => a.chain.send(CROSS_MESSENGER, crossAbi, 'sendMessage', args, { value: 1n }))
    await refused(a.chain, 'revert', () => a.chain.sendRaw(CROSS_MESSENGER, '0x', { value: 1n }))
  })

  it('takes the largest message, and the destination delivers it', async () => {
    const { message, proof } = await proven({ gasLimit: 8_000_000n, data: `0x${'ff'.repeat(16_384)}` })
    expect((await of.claimCross(b, message, proof)).error).toBeUndefined()
  })
})

describe('a message is what was sent, where it was sent to', () => {
  it('each changed field', async () => {
    const { message, proof } = await proven({ data: '0x0102', to: BOB })
    const changes: [Partial<Message>, string][] = [
      [{ sender: CAROL }, 'CrossMessenger_NotInOutbox'],
      [{ to: CAROL }, 'CrossMessenger_NotInOutbox'],
      [{ gasLimit: message.gasLimit + 1n }, 'CrossMessenger_NotInOutbox'],
      [{ data: '0x0103' }, 'CrossMessenger_NotInOutbox'],
      [{ index: 1n }, 'CrossMessenger_NotInOutbox'],
      [{ index: 2n ** 32n }, 'CrossMessenger_NotInOutbox'],
      [{ value: 1n }, 'CrossMessenger_CarriesValue'],
      [{ fee: 1n }, 'CrossMessenger_CarriesValue'],
    ]
    for (const [change, error] of changes) {
      await refused(b.chain, error, () => of.claimCross(b, { ...message, ...change }, proof))
    }
    expect((await of.claimCross(b, message, proof)).ok).toBe(true)
  })

  it('not on another destination', async () => {
    const c = await of.add(30_000n)
    const { message, at } = await proven()
    const proof = await of.proveCross(a, c, message, at)
    await refused(c.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(c, message, proof))
  })

  it('not on its own source', async () => {
    const { message, at } = await proven()
    const proof = await of.proveCross(a, a, message, at)
    await refused(a.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(a, message, proof))
  })

  it('not through another source, whose name the proof must then carry', async () => {
    const { message, proof, at } = await proven()
    const renamed = { ...proof, sourceChainId: b.chainId }
    await refused(b.chain, 'Mpt_InvalidProof', () => of.claimCross(b, message, renamed))
    // a further rollup that settles the very state of the first one: the leaf names the first
    const c = await of.add(30_000n)
    const copy = { ...(await of.settle({ ...a, ...pick(c) })), crossSize: at.crossSize }
    const proof2 = { ...(await of.proveCross({ ...a, ...pick(c) }, b, message, copy)), sourceChainId: c.chainId }
    await refused(b.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(b, message, proof2))
  })

  it('not on L1, nor as a message to L1 in one hop', async () => {
    const { message, at } = await proven()
    // the other outbox of the same state, and the other way round
    await refused(of.l1.chain, 'WithdrawalVerifier_NotInOutbox', () =>
      of.claimOnL1({ ...a, outbox: a.cross }, message, { ...at, size: at.crossSize }),
    )
    const toL1 = await of.send(a, { to: BOB, gasLimit: 100_000n })
    const settled = await of.settle(a)
    const proof = await of.proveCross({ ...a, cross: a.outbox }, b, toL1, { ...settled, crossSize: settled.size })
    await refused(b.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(b, toL1, proof))
    const foreign = {
      ...proof,
      messengerAccountProof: settled.outbox.accountProof,
      messengerStorageProof: settled.outbox.storageProof,
    }
    await refused(b.chain, 'Mpt_InvalidProof', () => of.claimCross(b, toL1, foreign))
  })

  it('a rollup whose state names a forbidden target or a value gets nothing', async () => {
    // a dishonest genesis may hold any outbox: write leaves that sendMessage would not
    const forged: Message[] = [
      { sender: ALICE, to: L2_MESSENGER, value: 0n, fee: 0n, gasLimit: 100_000n, data: '0x', index: 0n },
      { sender: ALICE, to: CROSS_MESSENGER, value: 0n, fee: 0n, gasLimit: 100_000n, data: '0x', index: 1n },
      { sender: ALICE, to: BOB, value: 5n, fee: 0n, gasLimit: 100_000n, data: '0x', index: 2n },
    ]
    for (const message of forged) a.cross.append(messageHash(message, a.chainId, b.chainId))
    await a.chain.setStorage(CROSS_MESSENGER, 0n, a.cross.root())
    await b.chain.setBalance(CROSS_MESSENGER, 10n)
    const at = await of.settle(a)
    const expected = ['Messages_ForbiddenTarget', 'Messages_ForbiddenTarget', 'CrossMessenger_CarriesValue']
    for (const [index, message] of forged.entries()) {
      const proof = await of.proveCross(a, b, message, at)
      await refused(b.chain, expected[index] ?? '', () => of.claimCross(b, message, proof))
    }
  })
})

describe('every step of the proof', () => {
  const flip = (data: Hex): Hex => `${data.slice(0, -2)}${data.endsWith('00') ? '01' : '00'}` as Hex

  it('header, nodes and path are what they should be', async () => {
    await of.sendCross(a, b.chainId, { data: '0x99' })
    const { message, proof } = await proven()
    const broken: [Partial<CrossProof>, string][] = [
      [{ anchorTimestamp: proof.anchorTimestamp - 1n }, 'L1Anchor_Unknown'],
      [{ anchorTimestamp: 0n }, 'L1Anchor_Unknown'],
      [{ l1Header: flip(proof.l1Header) }, 'L1Anchor_WrongHeader'],
      [{ l1Header: '0x' }, 'L1Anchor_WrongHeader'],
      [{ rollupAccountProof: [] }, 'Mpt_InvalidProof'],
      [{ rollupAccountProof: proof.rollupAccountProof.slice(0, -1) }, 'Mpt_InvalidProof'],
      [{ rollupAccountProof: [...proof.rollupAccountProof, '0x80'] }, 'Mpt_InvalidProof'],
      [{ rollupStorageProof: [] }, 'Mpt_InvalidProof'],
      [{ rollupStorageProof: proof.rollupStorageProof.map(flip) }, 'Mpt_InvalidProof'],
      [{ messengerAccountProof: [] }, 'Mpt_InvalidProof'],
      [{ messengerAccountProof: proof.rollupAccountProof }, 'Mpt_InvalidProof'],
      [{ messengerStorageProof: proof.rollupStorageProof }, 'Mpt_InvalidProof'],
      [{ messengerStorageProof: [] }, 'Mpt_InvalidProof'],
      [{ path: [] }, 'CrossMessenger_NotInOutbox'],
      [{ path: proof.path.map(flip) }, 'CrossMessenger_NotInOutbox'],
      [{ path: Array.from({ length: 33 }, () => EMPTY_ROOT) }, 'CrossMessenger_NotInOutbox'],
    ]
    for (const [change, error] of broken) {
      await refused(b.chain, error, () => of.claimCross(b, message, { ...proof, ...change }))
    }
    expect((await of.claimCross(b, message, proof)).ok).toBe(true)
  })

  it('45 the bytes under the anchor are a header', async () => {
    const { message, proof } = await proven()
    const fields = (stateRoot: Uint8Array) => [bytes(EMPTY_ROOT), bytes(EMPTY_ROOT), bytes(ALICE), stateRoot]
    const wrong: [Uint8Array, string][] = [
      [encodeRlp(fields(bytes(EMPTY_ROOT))), 'Rlp_Invalid'],
      [encodeRlp(fields(bytes(EMPTY_ROOT).slice(1))), 'L1Anchor_WrongHeader'],
      [encodeRlp(bytes(EMPTY_ROOT)), 'Rlp_Invalid'],
      [new Uint8Array(), 'Rlp_Invalid'],
    ]
    for (const [header, error] of wrong) {
      await setAnchor(b.chain, proof.anchorTimestamp, keccak256(header))
      await refused(b.chain, error, () => of.claimCross(b, message, { ...proof, l1Header: toHex(header) }))
    }
  })

  it('46 each root is in its own slot of its own account', async () => {
    const { message, proof } = await proven()
    const l1 = of.l1.chain
    const rollup = async (address: Hex, slot: bigint): Promise<Partial<CrossProof>> => {
      const { accountProof, storageProof } = await l1.proof(address, slot)
      return { rollupAccountProof: accountProof, rollupStorageProof: storageProof }
    }
    const messenger = async (address: Hex, slot: bigint): Promise<Partial<CrossProof>> => {
      const { accountProof, storageProof } = await a.chain.proof(address, slot)
      return { messengerAccountProof: accountProof, messengerStorageProof: storageProof }
    }
    const changes = [
      // the genesis state root, the head's hash, another account, another rollup
      await rollup(a.rollup, 6n),
      await rollup(a.rollup, 0n),
      await rollup(a.messenger, 7n),
      await rollup(b.rollup, 7n),
      // the number of messages, the first kept sibling, which is the only leaf, another account
      await messenger(CROSS_MESSENGER, 1n),
      await messenger(CROSS_MESSENGER, 2n),
      await messenger(L2_MESSENGER, 0n),
    ]
    for (const change of changes) {
      await refused(b.chain, 'Mpt_InvalidProof', () => of.claimCross(b, message, { ...proof, ...change }))
    }
    expect((await of.claimCross(b, message, proof)).ok).toBe(true)
  })

  it('90 an anchor lasts until the ring of 8,191 seconds comes round; then a newer one does', async () => {
    const { message, at, proof } = await proven()
    const { timestamp } = b.chain.block
    b.chain.block.timestamp = timestamp + 8_191n
    const later = await of.proveCross(a, b, message, at)
    await refused(b.chain, 'L1Anchor_Unknown', () => of.claimCross(b, message, proof))
    expect((await of.claimCross(b, message, later)).ok).toBe(true)
  })

  it.each([false, true])('costs what its proofs cost (Amsterdam: %s)', async (amsterdam) => {
    await start({ amsterdam })
    const { message, proof } = await proven({ gasLimit: 100_000n })
    const { gasUsed, stateGas, error } = await of.claimCross(b, message, proof)
    expect(error).toBeUndefined()
    // two proofs of account and slot, a header, a path, a bitmap; the call of an account without code is in it
    expect(gasUsed - stateGas).toBeLessThan(150_000n)
  })

  it('a block that was not settled', async () => {
    const { message, at } = await proven()
    const proof = await of.proveCross(a, b, message, { ...at, block: at.block + 1n })
    await refused(b.chain, 'CrossMessenger_UnknownBlock', () => of.claimCross(b, message, proof))
  })

  it('a settled block under an L1 header from before', async () => {
    const message = await of.sendCross(a, b.chainId)
    const before = await of.anchor(b)
    const early = await of.l1.chain.proof(a.rollup, 7n)
    const at = await of.settle(a)
    const proof = await of.proveCross(a, b, message, at)
    await setAnchor(b.chain, before.timestamp, before.hash)
    const claim = (more: Partial<CrossProof>) => () =>
      of.claimCross(b, message, { ...proof, l1Header: before.header, ...more })
    await refused(b.chain, 'Mpt_InvalidProof', claim({}))
    const absent = { rollupAccountProof: early.accountProof, rollupStorageProof: early.storageProof }
    await refused(b.chain, 'CrossMessenger_UnknownBlock', claim(absent))
  })

  it('a state from before the message', async () => {
    const early = await of.settle(a)
    const message = await of.sendCross(a, b.chainId)
    await of.settle(a)
    const proof = await of.proveCross(a, b, message, { ...early, crossSize: 1 })
    await refused(b.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(b, message, proof))
  })

  it('an entry of the ring that is a lap old proves what was true then, and no more', async () => {
    const old = await of.sendCross(a, b.chainId, { data: '0x01' })
    const at = await of.settle(a)
    const fresh = await of.sendCross(a, b.chainId, { data: '0x02' })
    // block 8,193 shares the entry of block 1 and is not settled yet
    const lap = { ...at, block: at.block + 8_192n }
    const proof = await of.proveCross(a, b, old, lap)
    expect((await of.claimCross(b, old, { ...proof, sourceBlock: lap.block })).ok).toBe(true)
    const later = await of.proveCross(a, b, fresh, { ...lap, crossSize: 2 })
    await refused(b.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(b, fresh, later))
  })

  it('a chain id without a rollup, until there is one', async () => {
    const [rollup] = await of.l1.chain.read<[Hex]>(of.l1.factory, rollupFactory.abi, 'predict', [30_000n])
    const ghost = { ...a, rollup }
    const message: Message = { sender: ALICE, to: BOB, value: 0n, fee: 0n, gasLimit: 1n, data: '0x', index: 0n }
    a.cross.append(messageHash(message, 30_000n, b.chainId))
    const at = await of.settle(a)
    const proof = { ...(await of.proveCross(ghost, b, message, at)), sourceChainId: 30_000n }
    expect(proof.rollupStorageProof).toEqual([])
    await refused(b.chain, 'CrossMessenger_UnknownBlock', () => of.claimCross(b, message, proof))
  })

  it('a NativeRollup of another factory', async () => {
    const { chain } = of.l1
    const other = (await chain.deploy(rollupFactory, [of.l1.verifier, of.l1.tokenImplementation])).address
    const fake = { ...a, ...(await createRollup(chain, other, { chainId: a.chainId })) }
    const message = await of.sendCross(fake, b.chainId)
    const at = await of.settle(fake)
    const proof = await of.proveCross(fake, b, message, at)
    await refused(b.chain, 'Mpt_InvalidProof', () => of.claimCross(b, message, proof))
  })

  it('a source without any outbox', async () => {
    const message: Message = { sender: ALICE, to: BOB, value: 0n, fee: 0n, gasLimit: 1n, data: '0x', index: 2n ** 32n }
    a.cross.append(messageHash(message, a.chainId, b.chainId))
    const at = await of.settle(a)
    // the root is zero, and so is what an impossible index leads to
    const proof = await of.proveCross(a, b, { ...message, index: 0n }, at)
    await refused(b.chain, 'CrossMessenger_NotInOutbox', () => of.claimCross(b, message, proof))
  })
})
