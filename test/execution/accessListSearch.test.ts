import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { createAccessList } from '../../execution/accessListSearch.ts'
import type { AccountOverride, CallContext, CallRequest } from '../../execution/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { address, bytes, createFixture, ETHER, type Fixture, key } from './callSupport.ts'

const rich = address(1)
const target = address(3)
const other = address(4)
const coinbase = address(9)
const alloc = { [key(rich)]: { balance: `0x${ETHER.toString(16)}` } }
const amsterdam = await createFixture('amsterdamTime', alloc, { coinbase: key(coinbase) })
const prague = await createFixture('pragueTime', alloc, { coinbase: key(coinbase) })
const FORKS: [string, Fixture][] = [
  ['Prague', prague],
  ['Amsterdam', amsterdam],
]

type Overrides = [Uint8Array, AccountOverride][]
const at = (where: Uint8Array) => key(where).slice(2)
const push = (where: Uint8Array) => `73${at(where)}`
const callTo = (where: Uint8Array) => `5f5f5f5f5f${push(where)}5af150`
const code = (hex: string): AccountOverride => ({ code: bytes(`0x${hex}`) })
const slot = (value: number | bigint) => value.toString(16).padStart(64, '0')

async function search(call: CallRequest, overrides: Overrides, on: Fixture = amsterdam) {
  const context: CallContext = {
    ...on.context,
    stateOverrides: new Map(overrides.map(([where, override]) => [at(where), override])),
  }
  const { accessList, ...rest } = await createAccessList(call, context, on)
  return {
    ...rest,
    list: accessList.map((entry) => [bytesToHex(entry.address), entry.storageKeys.map(bytesToHex)]),
  }
}

describe.each(FORKS)('%s', (_, fixture) => {
  const find = async (program: string, more: Overrides = []) =>
    search({ from: rich, to: target }, [[target, code(program)], ...more], fixture)

  test('a plain transfer needs no list', async () => {
    expect((await search({ from: rich, to: other, value: 1n }, [], fixture)).list).toEqual([])
  })

  test('slots read and written, of the receiver too', async () => {
    const { list, error } = await find('60015450600260035500')
    expect(list).toEqual([[at(target), [slot(1), slot(3)]]])
    expect(error).toBeUndefined()
  })

  test.each([
    ['BALANCE', `${push(other)}31`],
    ['EXTCODESIZE', `${push(other)}3b`],
    ['EXTCODECOPY', `5f5f5f${push(other)}3c`],
    ['EXTCODEHASH', `${push(other)}3f`],
    ['SELFDESTRUCT', `${push(other)}ff`],
    ['CALL', callTo(other)],
    ['CALLCODE', `5f5f5f5f5f${push(other)}5af2`],
    ['DELEGATECALL', `5f5f5f5f${push(other)}5af4`],
    ['STATICCALL', `5f5f5f5f${push(other)}5afa`],
  ])('accounts: %s', async (_, program) => {
    expect((await find(program)).list).toEqual([[at(other), []]])
  })

  test('what is warm anyway is left out: sender, receiver, precompiles', async () => {
    const precompile = bytes(`0x${'4'.padStart(40, '0')}`)
    const program = [rich, target, precompile].map((where) => `${push(where)}3150`).join('')
    expect((await find(program)).list).toEqual([])
  })

  test('slots of a called contract, also when its frame reverts', async () => {
    const { list } = await find(`${callTo(other)}00`, [[other, code('60075f555f5ffd')]])
    expect(list).toEqual([[at(other), [slot(0)]]])
  })

  test('a failed call says why and has a list all the same', async () => {
    const reverted = await find('60015460ff5f5ffd')
    expect(reverted).toMatchObject({ list: [[at(target), [slot(1)]]], error: 'execution reverted' })
    expect(await find('600154fe')).toMatchObject({
      list: [[at(target), [slot(1)]]],
      error: 'invalid opcode: INVALID',
    })
  })

  test('goes on until the list is stable', async () => {
    // Reads the slot that is numbered by the gas of a read of slot 0: cold at first, warm with a list.
    const { list } = await find('5a5f54505a900354')
    const [[where, slots] = []] = list
    expect(where).toBe(at(target))
    expect(slots?.length).toBe(3)
  })

  test('a list of the caller is kept', async () => {
    const accessList = [{ address: other, storageKeys: [bytes(`0x${slot(5)}`)] }]
    const { list } = await search({ from: rich, to: target, accessList }, [[target, code('600154')]], fixture)
    expect(list).toEqual([
      [at(other), [slot(5)]],
      [at(target), [slot(1)]],
    ])
  })

  test('a created contract appears with its slots only', async () => {
    expect((await search({ from: rich, data: bytes('0x00') }, [], fixture)).list).toEqual([])
    const { list } = await search({ from: rich, data: bytes('0x60015f55') }, [], fixture)
    expect(list).toEqual([[expect.stringMatching(/^[0-9a-f]{40}$/), [slot(0)]]])
  })

  test('authorities are warm', async () => {
    const signer = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
    const signed = await signer.signAuthorization({ chainId: 18079, nonce: 0, address: key(other) as `0x${string}` })
    const { r, s, yParity = 0 } = signed
    const authorization = { chainId: 18079n, address: other, nonce: 0n, yParity, r: BigInt(r), s: BigInt(s) }
    const program = code(`${push(bytes(signer.address))}31${push(other)}31`)
    const call = { from: rich, to: target, authorizationList: [authorization] }
    expect((await search(call, [[target, program]], fixture)).list).toEqual([[at(other), []]])
  })

  test('gas used is with the list', async () => {
    const program = '5f545060015450600254'
    const { list, gasUsed } = await find(program)
    const accessList = [{ address: target, storageKeys: [0, 1, 2].map((n) => bytes(`0x${slot(n)}`)) }]
    expect(list).toEqual([[at(target), accessList[0]?.storageKeys.map(bytesToHex)]])
    const again = await search({ from: rich, to: target, accessList }, [[target, code(program)]], fixture)
    expect(again.gasUsed).toBe(gasUsed)
  })
})

test('what no transaction could be is refused', async () => {
  await expect(search({ from: rich, to: target, gas: 10n }, [])).rejects.toMatchObject({
    code: 'INTRINSIC_GAS_TOO_LOW',
  })
  await expect(search({ from: other, to: target, value: 1n }, [])).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' })
})

test('a list that never becomes stable is given up', async () => {
  // Reads the slot that is numbered by the gas that is left: another one with every list.
  await expect(search({ from: rich, to: target }, [[target, code('5a54')]])).rejects.toMatchObject({ code: 'INVALID' })
})
