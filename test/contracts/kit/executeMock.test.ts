import { bytesToHex, concatHex, type Hex, keccak256, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { compile } from '../../compile.ts'
import { ANCHOR_BLOCK, createL1, encodeInput, type L1, SEQUENCER, validFields } from '../setup.ts'
import { ALICE, EXECUTE, type Outcome } from '../vm.ts'

const kit = compile({
  ExecuteMock: 'contracts/kit/mocks/ExecuteMock.sol',
  ExecuteCaller: 'test/contracts/kit/ExecuteCaller.sol',
})
const { abi } = kit.ExecuteMock

/** A block that NativeRollup accepts when EXECUTE does. */
const INPUT = bytesToHex(encodeInput(validFields()))
const INPUT_HASH = keccak256(INPUT)
const UPFRONT = 100_000n + 16n * BigInt(INPUT.length / 2 - 1)
const ROOT = keccak256(toHex('some root'))

let l1: L1
beforeEach(async () => {
  l1 = await createL1()
  await l1.chain.setCode(EXECUTE, kit.ExecuteMock.runtimeCode)
})

const set = async (name: string, ...args: unknown[]) => {
  const outcome = await l1.chain.send(EXECUTE, abi, name, args)
  expect(outcome.error).toBeUndefined()
}
const call = (input: Hex, gas = 10_000_000n) => l1.chain.sendRaw(EXECUTE, input, { gas })
const advance = () => l1.chain.send(l1.rollup, nativeRollup.abi, 'advance', [INPUT, ANCHOR_BLOCK], { from: SEQUENCER })

/** What every refusal of a precompile looks like. */
function expectHalt({ ok, data, gasUsed }: Outcome, gas: bigint) {
  expect({ ok, data, gasUsed }).toEqual({ ok: false, data: '0x', gasUsed: gas })
}

describe('ExecuteMock', () => {
  it('accepts an input with the 43 bytes that NativeRollup wants', async () => {
    const { data, gasUsed } = await call(INPUT)
    expect(data).toBe(concatHex([INPUT_HASH, '0x01', chainIdOf(INPUT), '0x0115']))
    expect(gasUsed).toBeGreaterThanOrEqual(UPFRONT)
    expect(gasUsed).toBeLessThan(UPFRONT + 5_000n)
    const outcome = await advance()
    expect(outcome.error).toBeUndefined()
    expect(outcome.events).toMatchObject([{ name: 'BlockAdvanced', args: { number: 1n, requestRoot: INPUT_HASH } }])
  })

  it.each([
    ['nothing', '0x'],
    ['a few bytes', '0x1501'],
    ['another schema', `0x0015${INPUT.slice(6)}`],
  ] as const)('refuses %s as EXECUTE does', async (_what, input) => {
    expectHalt(await call(input, 1_000_000n), 1_000_000n)
  })

  it('refuses one input, and then accepts it again by an answer of its own', async () => {
    await set('refuse', INPUT_HASH)
    expectHalt(await call(INPUT, 1_000_000n), 1_000_000n)
    expect((await advance()).error).toBe('NativeRollup_ExecuteFailed')
    expect((await call(concatHex([INPUT, '0x00']))).ok).toBe(true)
    await set('setOutput', INPUT_HASH, await encoded(ROOT, true, 28_079n, 0x1501))
    expect((await advance()).events).toMatchObject([{ args: { requestRoot: ROOT } }])
  })

  it('refuses everything that has no answer of its own, until it is told otherwise', async () => {
    await set('setRefusesAll', true)
    expect((await advance()).error).toBe('NativeRollup_ExecuteFailed')
    await set('setRefusesAll', false)
    expect((await advance()).error).toBeUndefined()
  })

  it.each([
    ['not a success', [ROOT, false, 28_079n, 0x1501], 'NativeRollup_ExecuteFailed'],
    ['another chain', [ROOT, true, 28_080n, 0x1501], 'NativeRollup_ExecuteFailed'],
    ['another schema', [ROOT, true, 28_079n, 0x1601], 'NativeRollup_WrongSchema'],
  ] as const)('answers what EXECUTE would never say: %s', async (_what, fields, error) => {
    await set('setOutput', INPUT_HASH, await encoded(...fields))
    expect((await advance()).error).toBe(error)
  })

  it('answers with nothing, as an address without code', async () => {
    await set('setOutput', INPUT_HASH, '0x')
    expect(await call(INPUT)).toMatchObject({ ok: true, data: '0x' })
    expect((await advance()).error).toBe('NativeRollup_ExecuteFailed')
  })

  it('takes the gas of a block, and all of it when there is too little', async () => {
    await set('setRegularGas', 2_000_000n)
    const { gasUsed } = await call(INPUT)
    expect(gasUsed).toBeGreaterThanOrEqual(UPFRONT + 2_000_000n)
    expect(gasUsed).toBeLessThan(UPFRONT + 2_005_000n)
    expectHalt(await call(INPUT, UPFRONT + 1_999_000n), UPFRONT + 1_999_000n)
  })

  it('can be called without changing anything', async () => {
    const before = await l1.chain.stateRoot()
    await call(INPUT)
    expect(await l1.chain.stateRoot()).toBe(before)
  })
})

describe('Execute', () => {
  let caller: Hex
  beforeEach(async () => {
    caller = (await l1.chain.deploy(kit.ExecuteCaller)).address
  })
  const run = (input: Hex) =>
    l1.chain.send(caller, kit.ExecuteCaller.abi, 'run', [input], { from: ALICE, gas: 5_000_000n })
  const read = <T>(name: string, ...args: unknown[]) => l1.chain.read<T>(caller, kit.ExecuteCaller.abi, name, args)

  it('gives the fields of the result', async () => {
    expect(await read('run', INPUT)).toEqual({
      requestRoot: INPUT_HASH,
      success: true,
      chainId: 28_079n,
      schemaId: 0x1501,
    })
  })

  it('reverts when the block is refused, when nobody is there, and when the answer is none', async () => {
    expect((await run('0x1501')).error).toBe('Execute_Refused')
    await set('setOutput', INPUT_HASH, await encoded(ROOT, false, 28_079n, 0x1501))
    expect((await run(INPUT)).error).toBe('Execute_Refused')
    await set('setOutput', INPUT_HASH, '0x1234')
    expect((await run(INPUT)).error).toBe('Execute_Refused')
    await l1.chain.setCode(EXECUTE, '0x')
    expect((await run(INPUT)).error).toBe('Execute_Refused')
  })

  it('reads what it writes, and nothing else', async () => {
    const fields = { requestRoot: ROOT, success: true, chainId: 0x0102030405060708n, schemaId: 0x1501 }
    const output = await read<Hex>('encode', fields)
    expect(output).toBe(concatHex([ROOT, '0x01', '0x0807060504030201', '0x0115']))
    expect(await read('decode', output)).toEqual(fields)
    for (const bad of ['0x', `${output}00`, output.slice(0, -2), output.replace(/01(?=08070605)/, '02')]) {
      await expect(read('decode', bad)).rejects.toThrow('Execute_BadResult')
    }
  })
})

const encoded = (...fields: readonly unknown[]) => l1.chain.read<Hex>(EXECUTE, abi, 'encodeResult', [...fields])
/** bytes 10 to 17 of an input */
const chainIdOf = (input: Hex): Hex => `0x${input.slice(22, 38)}`
