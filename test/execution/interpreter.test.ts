import { Common, Mainnet } from '@ethereumjs/common'
import { createEVM } from '@ethereumjs/evm'
import { createAddressFromString } from '@ethereumjs/util'
import { describe, expect, test } from 'vitest'
import { runCallRequest } from '../../execution/call.ts'
import { giveWay, isTurnOver } from '../../execution/eventLoop.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { address, bytes, createFixture, key } from './callSupport.ts'
import { createRandom, loop, op, push, type Random } from './programs.ts'

const RUNS = process.env.REENACT_FULL === '1' ? 2_000 : 150
const CONTRACT = address(7)
const GAS = 2_000_000n
const DATA = Uint8Array.from({ length: 40 }, (_, i) => i + 1)
/** before the first opcode: base and 16 a byte */
const INTRINSIC_GAS = 21_000n + 16n * 40n

const EDGES = [0n, 1n, 2n, 31n, 32n, 255n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n, 2n ** 255n, 2n ** 256n - 1n]
const ARITHMETIC = ['01', '02', '03', '04', '06', '0a', '0b', '10', '12', '14', '16', '19', '1a', '1b', '1d', '15']

function randomWord(random: Random): bigint {
  if (random.chance(40)) return random.pick(EDGES)
  let word = 0n
  for (let i = 0; i < 8; i++) word = (word << 32n) | BigInt(random.below(2 ** 32))
  return word >> BigInt(random.below(256))
}

function randomStep(random: Random, at: number): string {
  const offset = () => random.pick([0, 1, 31, 32, 33, 100, 1000, 5000])
  const steps: (() => string)[] = [
    () => push(randomWord(random)),
    () => push(randomWord(random)) + push(randomWord(random)) + random.pick(ARITHMETIC),
    () => `${push(randomWord(random))}${push(offset())}52`,
    () => `${push(randomWord(random))}${push(offset())}53`,
    () => `${push(offset())}51`,
    () => `${push(random.pick([0, 1, 32, 64, 136, 500]))}${push(offset())}20`,
    () => random.pick(ARITHMETIC),
    () => `${push(random.pick([0, 8, 9, 39, 40, 41, 2n ** 64n, 2n ** 256n - 1n]))}35`,
    () => copyStep(random),
    () => random.pick(['50', '80', '81', '90', '5a', '59', '58']),
    () => loop(at, 1 + random.below(5), `${push(offset())}5150`),
    () => `${push(randomWord(random))}${push(randomWord(random))}52`,
  ]
  return random.pick(steps)()
}

/** CALLDATACOPY or CODECOPY of what is there, of its end, or of what lies beyond it. */
function copyStep(random: Random): string {
  const size = push(random.pick([0, 1, 32, 40, 500]))
  const from = push(random.pick([0, 8, 39, 40, 41, 2n ** 64n, 2n ** 256n - 1n]))
  return `${size}${from}${push(random.pick([0, 1, 64, 300]))}${random.pick(['37', '39'])}`
}

/** Random steps; what is left on the stack goes to memory, and all of memory is returned with the gas that was left. */
function randomCode(random: Random): string {
  let code = ''
  for (let i = 5 + random.below(40); i > 0; i--) code += randomStep(random, code.length / 2)
  return `${code}5a${push(64)}52${push(96)}52595ff3`
}

const cancun = new Common({ chain: Mainnet, hardfork: 'cancun' })

async function byTheLibrary(code: string): Promise<string> {
  const evm = await createEVM({ common: cancun })
  const to = createAddressFromString(key(CONTRACT))
  const result = await evm.runCode({ code: bytes(code), data: DATA, gasLimit: GAS, to })
  const error = result.exceptionError?.error
  return error === undefined ? bytesToHex(result.returnValue) : error
}

describe('our loop and word opcodes against the stock interpreter', () => {
  test('random programs end the same, with the same memory and the same gas left', async () => {
    const random = createRandom(8079)
    const fixture = await createFixture('cancunTime', { [key(CONTRACT)]: { code: '0x00' } })
    const ends = new Set<string>()
    for (let run = 0; run < RUNS; run++) {
      const code = randomCode(random)
      const expected = await byTheLibrary(code)
      const stateOverrides = new Map([[bytesToHex(CONTRACT), { code: bytes(code) }]])
      const call = { to: CONTRACT, data: DATA, gas: GAS + INTRINSIC_GAS }
      const outcome = await runCallRequest(call, { ...fixture.context, stateOverrides }, fixture)
      const found = outcome.status === 'success' ? bytesToHex(outcome.output) : 'error' in outcome ? outcome.error : ''
      if (outcome.status === 'success') expect(found, code).toBe(expected)
      else expect(found.slice(0, 12), code).toBe(expected.slice(0, 12))
      ends.add(outcome.status === 'success' ? 'success' : found.slice(0, 12))
    }
    // Programs that all halt the same way would prove little.
    expect(ends.size).toBeGreaterThan(2)
    expect(ends).toContain('success')
  })
})

describe('turns of the event loop', () => {
  /** Straight code without a jump: hashing 100 KB again and again. */
  const hashing = `${push(1)}${push(100_000)}52${`${push(100_000)}5f2050`.repeat(300)}`
  const looping = loop(0, 60_000, op.sload(1))

  test.each([
    ['a program of jumps', looping],
    ['straight code of heavy steps', hashing],
  ])('%s lets timers run', async (_name, code) => {
    const fixture = await createFixture('cancunTime', { [key(CONTRACT)]: { code: `0x${code}` } })
    let timers = 0
    const timer = setInterval(() => {
      timers += 1
    }, 1)
    await runCallRequest({ to: CONTRACT, gas: 60_000_000n }, fixture.context, fixture)
    clearInterval(timer)
    expect(timers).toBeGreaterThan(0)
  })

  test('one waiting caller goes on per turn, first come first served', async () => {
    const order: string[] = []
    const worker = async (name: string) => {
      for (let i = 0; i < 3; i++) {
        await giveWay()
        order.push(name)
      }
    }
    await Promise.all([worker('a'), worker('b'), worker('c')])
    expect(order.join('')).toBe('abcabcabc')
  })

  test('a turn is over when its time is used up', async () => {
    await giveWay()
    expect(isTurnOver(60_000)).toBe(false)
    expect(isTurnOver(0)).toBe(true)
  })
})
