import { createMerkleProof, createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { type Hex, hexToBytes, keccak256, numberToHex, pad, toHex } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Artifact } from '../../scripts/lib/solidity.mjs'
import { compile } from '../compile.ts'
import { type Chain, createChain } from './vm.ts'

let harness: Artifact
let chain: Chain
let address: Hex
beforeAll(async () => {
  harness = compile({ Harness: 'test/contracts/Harness.sol' }).Harness
  chain = await createChain({ chainId: 1 })
  address = (await chain.deploy(harness)).address
})

type Answer = { ok: boolean; value: Hex }
async function ours(root: Hex, key: Hex, proof: Hex[]): Promise<Answer> {
  try {
    return { ok: true, value: await chain.read<Hex>(address, harness.abi, 'get', [root, key, proof]) }
  } catch {
    return { ok: false, value: '0x' }
  }
}
/** Keys are hashed by the tests themselves, so that a trie can be given any shape. */
async function trieOf(
  entries: [Hex, Hex][],
): Promise<{ trie: MerklePatriciaTrie; root: Hex; prove(key: Hex): Promise<Hex[]> }> {
  const trie = await createMPT()
  for (const [key, value] of entries) await trie.put(hexToBytes(key), hexToBytes(value))
  return {
    trie,
    root: toHex(trie.root()),
    prove: async (key) => (await createMerkleProof(trie, hexToBytes(key))).map((node) => toHex(node)),
  }
}

const value32 = (seed: number): Hex => toHex(RLP.encode(hexToBytes(keccak256(numberToHex(seed, { size: 4 })))))
const key32 = (seed: number): Hex => keccak256(numberToHex(seed, { size: 8 }))

describe('Mpt.get', () => {
  it('finds every key of tries from 1 to 400 entries, and shows absence', async () => {
    for (const size of [1, 2, 3, 17, 60, 400]) {
      const entries = Array.from({ length: size }, (_, i): [Hex, Hex] => [key32(i), value32(i)])
      const { root, prove } = await trieOf(entries)
      for (const [key, value] of entries.slice(0, 25)) {
        expect(await ours(root, key, await prove(key))).toEqual({ ok: true, value })
      }
      for (let absent = 1000; absent < 1010; absent++) {
        const key = key32(absent)
        expect(await ours(root, key, await prove(key))).toEqual({ ok: true, value: '0x' })
      }
    }
  })

  it('walks extensions, odd and even, and sees that they diverge', async () => {
    const at = (prefix: string, last: string): Hex => `0x${prefix.padEnd(63, 'a')}${last}`
    for (const prefix of ['', 'b', 'bc', 'bcdef01']) {
      const keys = [at(prefix, '1'), at(prefix, '2'), at(`${prefix}9`, '1')]
      const { root, prove } = await trieOf(keys.map((key, i) => [key, value32(i)]))
      for (const [i, key] of keys.entries()) {
        expect(await ours(root, key, await prove(key))).toEqual({ ok: true, value: value32(i) })
      }
      const diverging = at(`${prefix}a7`, '1')
      expect(await ours(root, diverging, await prove(diverging))).toEqual({ ok: true, value: '0x' })
    }
  })

  it('reads canonical RLP and refuses any other', async () => {
    const list = (data: Hex) => chain.read<Hex>(address, harness.abi, 'list', [data])
    const text = (data: Hex) => chain.read<Hex>(address, harness.abi, 'string_', [data])
    expect(await list('0xc0')).toBe('0x')
    expect(await list('0xc20102')).toBe('0x0102')
    expect(await text('0x7f')).toBe('0x7f')
    expect(await text('0x8180')).toBe('0x80')
    expect(await text('0x80')).toBe('0x')
    const long = toHex(new Uint8Array(56).fill(1))
    expect(await text(`0xb838${long.slice(2)}`)).toBe(long)
    const bad: [typeof list, Hex][] = [
      [list, '0x'],
      [list, '0xc1'],
      [list, '0xc000'],
      [list, '0xf80101'],
      [list, '0xf80100'],
      [list, '0x80'],
      [list, '0xf90038'],
      [list, `0xf90038${long.slice(2)}`],
      [list, '0xffffffffffffffffff'],
      [text, '0xbfffffffffffffffff'],
      [text, '0x817f'],
      [text, '0x8101'],
      [text, '0x01ff'],
      [text, '0x8201'],
      [text, '0xb801ff'],
      [text, '0xb90038'],
      [text, '0xb9'],
      [text, '0xc0'],
    ]
    for (const [decode, data] of bad) await expect(decode(data)).rejects.toThrow('Rlp_Invalid')
  })
})

describe('Mpt.storageValue', () => {
  const OWNER: Hex = '0x00000000000000000000000000000000000a11ce'
  const OTHER: Hex = '0x0000000000000000000000000000000000000b0b'
  const storageValue = (root: Hex, owner: Hex, slot: bigint, account: Hex[], storage: Hex[]) =>
    chain.read<Hex>(address, harness.abi, 'storageValue', [
      root,
      owner,
      numberToHex(slot, { size: 32 }),
      account,
      storage,
    ])

  async function world(values: Map<bigint, Hex>) {
    const l1 = await createChain({ chainId: 1 })
    for (const owner of [OWNER, OTHER]) {
      await l1.setCode(owner, '0x00')
      for (const [slot, value] of values) await l1.setStorage(owner, slot, value)
    }
    for (let i = 1; i < 40; i++) await l1.setBalance(pad(numberToHex(i * 7919), { size: 20 }), 1n)
    return { l1, root: await l1.stateRoot() }
  }

  it('pads short values on the left and answers zero for absent slots', async () => {
    const values = new Map<bigint, Hex>([
      [0n, `0x00${keccak256('0x01').slice(4)}`],
      [1n, pad('0x01', { size: 32 })],
      [2n, pad('0x80', { size: 32 })],
      [3n, keccak256('0x02')],
      [4n, pad('0xffff', { size: 32 })],
    ])
    const { l1, root } = await world(values)
    for (const [slot, value] of values) {
      const { accountProof, storageProof } = await l1.proof(OWNER, slot)
      expect(await storageValue(root, OWNER, slot, accountProof, storageProof)).toBe(value)
    }
    const absent = await l1.proof(OWNER, 9n)
    expect(await storageValue(root, OWNER, 9n, absent.accountProof, absent.storageProof)).toBe(pad('0x', { size: 32 }))
  })

  it('an absent account has zero everywhere, proven without a storage proof', async () => {
    const { l1, root } = await world(new Map([[0n, keccak256('0x05')]]))
    const nobody: Hex = pad('0xdead', { size: 20 })
    const { accountProof } = await l1.proof(nobody, 0n)
    expect(await storageValue(root, nobody, 0n, accountProof, [])).toBe(pad('0x', { size: 32 }))
    const { storageProof } = await l1.proof(OWNER, 0n)
    await expect(storageValue(root, nobody, 0n, accountProof, storageProof)).rejects.toThrow('Mpt_InvalidProof')
  })
})
