import { createAddressFromString } from '@ethereumjs/util'
import { type Hex, keccak256, toHex, zeroHash } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { l1State } from '../../genesis/generated/L1State.ts'
import { encodeRlp } from '../../stateless/rlp.ts'
import { createRollups, L1_STATE, type Rollup, type Rollups } from './rollups.ts'
import { bytes, setAnchor } from './setup.ts'
import { ALICE, BOB, type Chain } from './vm.ts'

const { abi } = l1State
const EMPTY_ROOT = keccak256('0x80')
const EMPTY_CODE = keccak256('0x')

describe('L1 seen from L2', () => {
  let of: Rollups
  let l1: Chain
  let l2: Chain
  let rollup: Rollup
  let anchor: Awaited<ReturnType<Rollups['anchor']>>

  beforeAll(async () => {
    of = await createRollups({ count: 1 })
    ;[rollup] = of.rollups as [Rollup]
    l1 = of.l1.chain
    l2 = rollup.chain
    await of.settle(rollup)
    await l1.setBalance(BOB, 1n)
    await l1.setStorage(BOB, 3n, '0x80')
    await l1.setStorage(BOB, 4n, `0x${'ff'.repeat(32)}`)
    anchor = await of.anchor(rollup)
  })

  const read = <T>(name: string, ...args: unknown[]): Promise<T> => l2.read<T>(L1_STATE, abi, name, args)
  const word = (slot: number): Hex => toHex(slot, { size: 32 })

  it('the anchor of a block', async () => {
    expect(await read('blockHash', anchor.timestamp)).toBe(anchor.hash)
    for (const timestamp of [0n, anchor.timestamp - 1n, anchor.timestamp + 8191n, 2n ** 255n]) {
      await expect(read('blockHash', timestamp)).rejects.toThrow('L1Anchor_Unknown')
    }
    // a block without an anchor, as only the genesis could be
    await setAnchor(l2, 1_600_000_000n, zeroHash)
    await expect(read('blockHash', 1_600_000_000n)).rejects.toThrow('L1Anchor_Unknown')
  })

  it('all fields of a header', async () => {
    const header = await read<Record<string, unknown>>('header', anchor.timestamp, anchor.header)
    const filled = (byte: number): Hex => toHex(new Uint8Array(32).fill(byte))
    expect(header).toEqual({
      hash: anchor.hash,
      parentHash: filled(1),
      feeRecipient: toHex(new Uint8Array(20).fill(3)),
      stateRoot: await l1.stateRoot(),
      transactionsRoot: filled(4),
      receiptsRoot: filled(5),
      number: anchor.number,
      gasLimit: 60_000_000n,
      gasUsed: 0n,
      timestamp: l1.block.timestamp,
      prevRandao: filled(6),
      baseFeePerGas: 7n,
    })
  })

  it('an account, and that there is none', async () => {
    const account = async (address: Hex) =>
      read<[boolean, unknown, bigint]>(
        'accountAt',
        anchor.timestamp,
        anchor.header,
        address,
        (await l1.proof(address, 0n)).accountProof,
      )
    const alice = await l1.evm.stateManager.getAccount(createAddressFromString(ALICE))
    expect(alice?.nonce).toBeGreaterThan(0n)
    expect(await account(ALICE)).toEqual([
      true,
      { nonce: alice?.nonce, balance: await l1.balance(ALICE), storageRoot: EMPTY_ROOT, codeHash: EMPTY_CODE },
      anchor.number,
    ])
    const [exists, messenger] = await account(rollup.messenger)
    expect([exists, messenger]).toMatchObject([true, { nonce: 1n, balance: await l1.balance(rollup.messenger) }])
    const nobody: Hex = '0x00000000000000000000000000000000000000ff'
    expect(await account(nobody)).toEqual([
      false,
      { nonce: 0n, balance: 0n, storageRoot: zeroHash, codeHash: zeroHash },
      anchor.number,
    ])
  })

  it('storage slots of every length, and those that are zero', async () => {
    const at = async (address: Hex, slot: number) => {
      const { accountProof, storageProof } = await l1.proof(address, BigInt(slot))
      const args = [anchor.timestamp, anchor.header, address, word(slot), accountProof, storageProof]
      return read<[Hex, bigint]>('storageAt', ...args)
    }
    expect(await at(rollup.rollup, 0)).toEqual([rollup.head.hash, anchor.number])
    expect(await at(BOB, 3)).toEqual([word(0x80), anchor.number])
    expect(await at(BOB, 4)).toEqual([`0x${'ff'.repeat(32)}`, anchor.number])
    expect(await at(BOB, 5)).toEqual([zeroHash, anchor.number])
    expect(await at(ALICE, 0)).toEqual([zeroHash, anchor.number])
    expect(await at('0x00000000000000000000000000000000000000ff', 0)).toEqual([zeroHash, anchor.number])
  })

  it('refuses proofs of something else', async () => {
    const own = await l1.proof(BOB, 3n)
    const other = await l1.proof(ALICE, 0n)
    const storage = (address: Hex, slot: number, accountProof: Hex[], storageProof: Hex[]) =>
      read('storageAt', anchor.timestamp, anchor.header, address, word(slot), accountProof, storageProof)
    await expect(storage(BOB, 4, own.accountProof, own.storageProof)).rejects.toThrow('Mpt_InvalidProof')
    await expect(storage(BOB, 3, other.accountProof, own.storageProof)).rejects.toThrow('Mpt_InvalidProof')
    await expect(storage(BOB, 3, own.accountProof, [])).rejects.toThrow('Mpt_InvalidProof')
    await expect(storage(BOB, 3, [], own.storageProof)).rejects.toThrow('Mpt_InvalidProof')
    const account = read('accountAt', anchor.timestamp, anchor.header, BOB, [...own.accountProof, '0x80'])
    await expect(account).rejects.toThrow('Mpt_InvalidProof')
    const broken = `${anchor.header.slice(0, -2)}ff`
    await expect(read('header', anchor.timestamp, broken)).rejects.toThrow('L1Anchor_WrongHeader')
    await expect(read('accountAt', anchor.timestamp, broken, BOB, own.accountProof)).rejects.toThrow(
      'L1Anchor_WrongHeader',
    )
  })

  it('refuses what is no header, although an anchor says it is', async () => {
    const hash = new Uint8Array(32).fill(1)
    const fields = (change: Record<number, Uint8Array | Uint8Array[]> = {}) => {
      const items: (Uint8Array | Uint8Array[])[] = [
        hash,
        hash,
        new Uint8Array(20).fill(3),
        hash,
        hash,
        hash,
        new Uint8Array(256),
        new Uint8Array(),
        bytes('0x05'),
        bytes('0x0100'),
        new Uint8Array(),
        bytes('0x07'),
        new Uint8Array(),
        hash,
        new Uint8Array(8),
        bytes('0x09'),
      ]
      for (const [at, item] of Object.entries(change)) items[Number(at)] = item
      return items
    }
    const header = async (raw: Uint8Array) => {
      await setAnchor(l2, 1_700_000_000n, keccak256(raw))
      return read<{ number: bigint }>('header', 1_700_000_000n, toHex(raw))
    }
    expect(await header(encodeRlp(fields()))).toMatchObject({
      number: 5n,
      gasLimit: 256n,
      gasUsed: 0n,
      baseFeePerGas: 9n,
    })
    expect(await header(encodeRlp([...fields(), hash, bytes('0x01')]))).toMatchObject({ number: 5n })
    const wrong: [Uint8Array, string][] = [
      [encodeRlp(fields({ 3: new Uint8Array(31).fill(1) })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields({ 3: new Uint8Array(33).fill(1) })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields({ 3: [new Uint8Array(31).fill(1)] })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields({ 2: new Uint8Array(21).fill(3) })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields({ 8: bytes('0x0005') })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields({ 8: new Uint8Array(9).fill(1) })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields({ 8: [bytes('0x05')] })), 'Rlp_Invalid'],
      [encodeRlp(fields({ 15: new Uint8Array(33).fill(1) })), 'L1Anchor_WrongHeader'],
      [encodeRlp(fields().slice(0, 15)), 'Rlp_Invalid'],
      [encodeRlp(hash), 'Rlp_Invalid'],
      [new Uint8Array([...encodeRlp(fields()), 0]), 'Rlp_Invalid'],
      [new Uint8Array(), 'Rlp_Invalid'],
    ]
    for (const [raw, error] of wrong) await expect(header(raw)).rejects.toThrow(error)
  })
})
