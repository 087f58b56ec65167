import { describe, expect, test } from 'vitest'
import { blockParameter, numberOrTag } from '../../rpc/blockParameter.ts'
import { blockOverrides, callObject, simulatedBlockOverrides, stateOverrides } from '../../rpc/callObject.ts'
import { address, data, hash, index, quantity64, storageKey } from '../../rpc/codec.ts'
import { toData, toQuantity, toWord } from '../../rpc/hex.ts'
import { stringifyJson } from '../../rpc/json.ts'
import { filterObject } from '../../rpc/logFilter.ts'
import { nearestName } from '../../rpc/nearestName.ts'
import type { Parse } from '../../rpc/params.ts'
import { revertReason } from '../../rpc/revertReason.ts'
import { hexToBytes } from '../../stateless/bytes.ts'

const A = `0x${'aa'.repeat(20)}`
const H = `0x${'11'.repeat(32)}`
const bytesA = hexToBytes(A)
const bytesH = hexToBytes(H)

function refusal(parse: Parse<unknown>, value: unknown): string {
  try {
    parse(value, 'argument 0 (it)')
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_PARAMS' })
    return (error as Error).message
  }
  throw new Error(`${JSON.stringify(value)} was accepted`)
}

describe('primitive values', () => {
  test('what is right parses', () => {
    expect(quantity64('0x0', '')).toBe(0n)
    expect(quantity64('0xffffffffffffffff', '')).toBe(2n ** 64n - 1n)
    expect(index('0x1f', '')).toBe(31)
    expect(data('0x', '')).toEqual(new Uint8Array(0))
    expect(data('0x00ABcd', '')).toEqual(Uint8Array.of(0, 0xab, 0xcd))
    expect(address(A.toUpperCase().replace('0X', '0x'), '')).toEqual(bytesA)
    expect(hash(H, '')).toEqual(bytesH)
    expect(storageKey('0x0', '')).toEqual({ key: new Uint8Array(32), short: true })
    expect(storageKey(H, '')).toEqual({ key: bytesH, short: false })
  })

  test.each<[Parse<unknown>, unknown, string]>([
    [quantity64, '0x10000000000000000', '> 64 bits'],
    [quantity64, '0x00', 'leading zero'],
    [quantity64, '1', 'without 0x prefix'],
    [quantity64, '', 'empty hex string'],
    [quantity64, 1, 'expected a hex string, got 1'],
    [quantity64, '0x-1', 'invalid hex string'],
    [quantity64, [], 'an array'],
    [index, '0x10000000000000', '> 52 bits'],
    [data, '0xabc', 'odd length'],
    [data, { length: 5 }, 'an object'],
    [hash, A, 'a hash of 32 bytes, got 20 bytes'],
    [storageKey, `0x${'0'.repeat(65)}`, 'storage key too long'],
    [storageKey, '0xg', 'invalid hex string'],
  ])('%o refuses %j', (parse, value, reason) => {
    const message = refusal(parse, value)
    expect(message).toContain(reason)
    expect(message).toContain('argument 0 (it)')
  })

  test('a long value is not repeated in the message', () => {
    expect(refusal(data, `0x${'zz'.repeat(10_000)}`).length).toBeLessThan(200)
  })

  test('formatting is minimal and lower-case', () => {
    expect(toQuantity(0)).toBe('0x0')
    expect(toQuantity(255n)).toBe('0xff')
    expect(toData(Uint8Array.of(0xab, 0))).toBe('0xab00')
    expect(toWord(Uint8Array.of(1))).toBe(`0x${'0'.repeat(63)}1`)
  })
})

describe('block parameters', () => {
  test.each(['latest', 'safe', 'finalized', 'earliest', 'pending'] as const)('tag %s', (tag) => {
    expect(numberOrTag(tag, '')).toEqual({ kind: 'tag', tag })
    expect(blockParameter(tag, '')).toEqual({ kind: 'tag', tag })
  })

  test('numbers, hashes and EIP-1898 objects', () => {
    expect(blockParameter('0x1b', '')).toEqual({ kind: 'number', number: 27n })
    expect(blockParameter(H, '')).toEqual({ kind: 'hash', hash: bytesH, requireCanonical: false })
    expect(blockParameter({ blockHash: H }, '')).toEqual({ kind: 'hash', hash: bytesH, requireCanonical: false })
    expect(blockParameter({ blockHash: H, requireCanonical: true }, '')).toMatchObject({ requireCanonical: true })
    expect(blockParameter({ blockNumber: '0x2' }, '')).toEqual({ kind: 'number', number: 2n })
    expect(blockParameter({ blockNumber: 'safe' }, '')).toEqual({ kind: 'tag', tag: 'safe' })
  })

  test.each([
    ['newest', 'unknown block tag "newest"'],
    ['2', 'without 0x prefix'],
    ['0x01', 'leading zero'],
    [5, 'expected a hex string'],
    [{}, 'expected blockHash or blockNumber'],
    [{ blockHash: H, blockNumber: '0x1' }, 'cannot specify both'],
    [{ blockHash: '0x12' }, '.blockHash'],
    [{ blockHash: H, requireCanonical: 'yes' }, '.requireCanonical'],
  ])('%j is refused', (value, reason) => {
    expect(refusal(blockParameter, value)).toContain(reason)
  })

  test('where only numbers and tags are allowed a hash is not', () => {
    expect(refusal(numberOrTag, H)).toContain('> 64 bits')
  })
})

describe('call objects', () => {
  test('every field', () => {
    const { request, chainId } = callObject(
      {
        type: '0x4',
        from: A,
        to: A,
        gas: '0x5208',
        maxFeePerGas: '0x2',
        maxPriorityFeePerGas: '0x1',
        value: '0x0',
        input: '0x01',
        data: '0x01',
        nonce: '0x7',
        chainId: '0x469f',
        accessList: [{ address: A, storageKeys: [H] }, { address: A }],
        authorizationList: [{ chainId: '0x1', address: A, nonce: '0x0', yParity: '0x1', r: '0x1', s: H }],
        blobVersionedHashes: [H],
        maxFeePerBlobGas: '0x3',
        customField: 'ignored',
        gasPrice: null,
      },
      '',
    )
    expect(chainId).toBe(18079n)
    expect(request).toEqual({
      from: bytesA,
      to: bytesA,
      gas: 21_000n,
      maxFeePerGas: 2n,
      maxPriorityFeePerGas: 1n,
      value: 0n,
      data: Uint8Array.of(1),
      nonce: 7n,
      accessList: [
        { address: bytesA, storageKeys: [bytesH] },
        { address: bytesA, storageKeys: [] },
      ],
      authorizationList: [{ chainId: 1n, address: bytesA, nonce: 0n, yParity: 1, r: 1n, s: BigInt(H) }],
      blobVersionedHashes: [bytesH],
      maxFeePerBlobGas: 3n,
    })
  })

  test('to null is a creation', () => {
    expect(callObject({ to: null, data: '0x00' }, '').request).toEqual({ data: Uint8Array.of(0) })
  })

  test.each([
    [null, 'expected an object, got null'],
    ['0x', 'expected an object'],
    [{ to: '0x12' }, '(it).to: expected an address of 20 bytes'],
    [{ input: '0x01', data: '0x02' }, 'not equal'],
    [{ gasPrice: '0x1', maxFeePerGas: '0x1' }, 'both gasPrice and'],
    [{ maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' }, 'maxPriorityFeePerGas (2) > maxFeePerGas (1)'],
    [{ accessList: {} }, '(it).accessList: expected an array'],
    [{ accessList: [{ address: A, storageKeys: ['0x1'] }] }, '(it).accessList[0].storageKeys[0]'],
    [{ authorizationList: [{ chainId: '0x1' }] }, '(it).authorizationList[0].address'],
  ])('%j is refused', (value, reason) => {
    expect(refusal(callObject, value)).toContain(reason)
  })

  test('state overrides', () => {
    const overrides = stateOverrides(
      { [A]: { balance: '0x1', nonce: '0x2', code: '0x00', stateDiff: { '0x0': '0x1' } } },
      '',
    )
    expect(overrides.get('aa'.repeat(20))).toEqual({
      balance: 1n,
      nonce: 2n,
      code: Uint8Array.of(0),
      stateDiff: new Map([['0'.repeat(64), hexToBytes(`${'00'.repeat(31)}01`)]]),
    })
    expect(() => stateOverrides({ [A]: { state: {}, stateDiff: {} } }, '')).toThrow('both "state" and "stateDiff"')
    const moved = stateOverrides({ [A]: { movePrecompileToAddress: A } }, '')
    expect(moved.get('aa'.repeat(20))).toEqual({ movePrecompileTo: bytesA })
    expect(refusal(stateOverrides, { [A]: { movePrecompileToAddress: '0x1' } })).toContain('movePrecompileToAddress')
    expect(refusal(stateOverrides, { '0x1': {} })).toContain('address "0x1"')
    const many = (count: number, digits: number, value: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`0x${i.toString(16).padStart(digits, '0')}`, value]))
    expect(stateOverrides(many(4_096, 40, {}), '').size).toBe(4_096)
    expect(refusal(stateOverrides, many(4_097, 40, {}))).toContain('at most 4096 entries')
    expect(refusal(stateOverrides, { [A]: { stateDiff: many(16_385, 64, H) } })).toContain('at most 16384 entries')
  })

  test('block overrides', () => {
    const overrides = {
      number: '0x5',
      time: '0x6',
      feeRecipient: A,
      prevRandao: H,
      baseFeePerGas: '0x0',
      gasLimit: '0x1',
    }
    expect(blockOverrides(overrides, '')).toEqual({
      number: 5n,
      timestamp: 6n,
      coinbase: bytesA,
      prevRandao: bytesH,
      baseFeePerGas: 0n,
      gasLimit: 1n,
    })
    expect(blockOverrides({ coinbase: A, random: H }, '')).toEqual({ coinbase: bytesA, prevRandao: bytesH })
    expect(blockOverrides({ prevRandao: '0x1' }, '').prevRandao).toEqual(hexToBytes(`${'00'.repeat(31)}01`))
    expect(refusal(blockOverrides, { beaconRoot: H })).toContain('beaconRoot')
    expect(refusal(blockOverrides, { withdrawals: [] })).toContain('withdrawals')
  })

  test('block overrides of a simulation', () => {
    const entry = { index: '0x1', validatorIndex: '0x2', address: A, amount: '0x3' }
    expect(simulatedBlockOverrides({ beaconRoot: H, withdrawals: [entry] }, '')).toEqual({
      parentBeaconBlockRoot: bytesH,
      withdrawals: [{ index: 1n, validatorIndex: 2n, address: bytesA, amount: 3n }],
    })
    const many = Array.from({ length: 17 }, () => entry)
    expect(refusal(simulatedBlockOverrides, { withdrawals: many })).toContain('at most 16')
    expect(refusal(simulatedBlockOverrides, { withdrawals: [{ ...entry, amount: undefined }] })).toContain('amount')
  })
})

describe('log filters', () => {
  test('every form of address and topics', () => {
    const { criteria, blocks } = filterObject(
      { fromBlock: '0x1', toBlock: 'latest', address: [A], topics: [null, H, [H, H], []] },
      '',
    )
    expect(criteria).toEqual({ addresses: [bytesA], topics: [undefined, [bytesH], [bytesH, bytesH], undefined] })
    expect(blocks).toMatchObject({ kind: 'range', from: { number: 1n }, to: { tag: 'latest' } })
    expect(filterObject({ address: A }, '').criteria).toEqual({ addresses: [bytesA] })
    expect(filterObject({ address: [], topics: [[H, null]] }, '').criteria).toEqual({ topics: [undefined] })
    expect(filterObject({ blockHash: H, address: null, topics: null }, '')).toEqual({
      criteria: {},
      blocks: { kind: 'block', hash: bytesH },
    })
  })

  test.each([
    [{ blockHash: H, fromBlock: '0x1' }, 'cannot specify both'],
    [{ address: '0x1' }, '(it).address'],
    [{ address: [A, 5] }, '(it).address[1]'],
    [{ topics: H }, '(it).topics: expected an array'],
    [{ topics: ['0x11'] }, '(it).topics[0]'],
    [{ topics: [[H, '0x11']] }, '(it).topics[0][1]'],
    [{ topics: [null, null, null, null, null] }, 'at most 4'],
    [{ fromBlock: 'soon' }, '(it).fromBlock: unknown block tag'],
  ])('%j is refused', (value, reason) => {
    expect(refusal(filterObject, value)).toContain(reason)
  })
})

describe('revert reasons', () => {
  const word = (value: number | bigint) => value.toString(16).padStart(64, '0')
  const error = (offset: number | bigint, length: number | bigint, text: string) =>
    revertReason(
      hexToBytes(`08c379a0${word(offset)}${word(length)}${Buffer.from(text).toString('hex').padEnd(64, '0')}`),
    )

  test('Error(string) and Panic(uint256)', () => {
    expect(error(32, 10, 'user error')).toBe('user error')
    expect(revertReason(hexToBytes(`4e487b71${word(1)}`))).toBe('assert(false)')
    expect(revertReason(hexToBytes(`4e487b71${word(0x11)}`))).toBe('arithmetic underflow or overflow')
    expect(revertReason(hexToBytes(`4e487b71${word(0x99)}`))).toBe('unknown panic code: 0x99')
  })

  test('anything that does not decode has no reason', () => {
    expect(revertReason(new Uint8Array(0))).toBeUndefined()
    expect(revertReason(hexToBytes('08c379a0'))).toBeUndefined()
    expect(revertReason(hexToBytes('12345678'))).toBeUndefined()
    expect(error(2n ** 255n, 1, 'x')).toBeUndefined()
    expect(error(32, 2n ** 200n, 'x')).toBeUndefined()
    expect(error(33, 33, 'x')).toBeUndefined()
    expect(revertReason(hexToBytes(`08c379a0${word(32)}${word(1)}ff${'00'.repeat(31)}`))).toBeUndefined()
    expect(revertReason(hexToBytes(`4e487b71${word(1)}00`))).toBeUndefined()
  })
})

describe('JSON of results', () => {
  test('is what JSON.stringify makes', async () => {
    const long = Array.from({ length: 300 }, (_, n) => ({ n, absent: undefined, inner: [n, null], text: '"\\' }))
    for (const value of [
      null,
      'x"',
      true,
      5,
      [],
      {},
      long,
      { a: long, b: undefined, c: { d: { e: { f: long } } } },
      [[]],
    ]) {
      expect(await stringifyJson(value, 1e9)).toBe(JSON.stringify(value))
    }
    expect(await stringifyJson(undefined, 10)).toBe('null')
  })

  test('stops at the limit', async () => {
    const rows = Array.from({ length: 1_000 }, () => 'x'.repeat(100))
    await expect(stringifyJson(rows, 50_000)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' })
  })
})

test('nearest names are near', () => {
  const known = ['eth_getBalance', 'eth_getBlockByHash', 'eth_call']
  expect(nearestName('eth_getbalance', known)).toBe('eth_getBalance')
  expect(nearestName('getBalance', known)).toBeUndefined()
  expect(nearestName('eth_cal', known)).toBe('eth_call')
  expect(nearestName('', known)).toBeUndefined()
})
