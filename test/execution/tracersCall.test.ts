import { describe, expect, test } from 'vitest'
import type { CallFrame } from '../../execution/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { key } from './callSupport.ts'
import { addressOf, createDevChain } from './devChain.ts'
import { deployer, op, push } from './programs.ts'
import { CALLS, callee, createTracing, hexOf, lines, main, other, rich, traceMain } from './traceSupport.ts'

/** PUSH0 and EIP-150 exist on both; one goes through the library's frames, the other through ours. */
const FORKS = ['cancunTime', 'amsterdamTime']

/** Returns one word, 7. */
const SEVEN = `${push(7)}${push(0)}52${push(32)}${push(0)}f3`
const SEVEN_WORD = '7'.padStart(64, '0')

describe.each(FORKS)('call frames under %s', (fork) => {
  test('calls of every kind: parties, values and the gas that each got', async () => {
    const target = hexOf(callee)
    const callcode = `${push(0).repeat(4)}${push(2)}${push(target)}${push(40_000)}f250`
    const code =
      op.call(target, 1, 50_000) + callcode + op.plainCall('f4', target, 30_000) + op.plainCall('fa', target, 20_000)
    const tracing = await createTracing(fork, code, { [key(callee)]: { code: `0x${SEVEN}` } })
    const { call } = await traceMain(tracing, CALLS, { value: 5n })
    const output = `output ${SEVEN_WORD}`
    expect(lines(call).slice(1)).toEqual([
      `  CALL main -> callee, value 1, gas 16 of 52300, ${output}`,
      `  CALLCODE main -> callee, value 2, gas 16 of 42300, ${output}`,
      `  DELEGATECALL main -> callee, value 5, gas 16 of 30000, ${output}`,
      `  STATICCALL main -> callee, gas 16 of 20000, ${output}`,
    ])
    expect(call).toMatchObject({ type: 'CALL', from: rich, to: main, value: 5n, gas: 1_000_000n })
  })

  test('the outermost frame has the gas limit and what is paid for', async () => {
    const tracing = await createTracing(fork, '00')
    const { call } = await traceMain(tracing, CALLS, { gas: 50_000n })
    expect(lines(call)).toEqual([`CALL rich -> main, value 0, gas ${call.gasUsed} of 50000`])
    const outcome = await tracing.engine.call({ from: rich, to: main, gas: 50_000n }, tracing.fixture.context)
    expect(call.gasUsed).toBe(outcome.gasUsed)
  })

  test('creations name the new contract, and nobody when they fail', async () => {
    const code = op.create(deployer('5f'), 3) + op.create2('fe', 1)
    const { call } = await traceMain(await createTracing(fork, code), CALLS, { gas: 3_000_000n })
    const [first, second] = call.calls
    expect(first).toMatchObject({ type: 'CREATE', from: main, value: 3n, output: Uint8Array.of(0x5f) })
    // keccak256(rlp([main, 0])), by viem's getContractAddress
    expect(hexOf(first?.to ?? new Uint8Array())).toBe('8e9629d0eea4253f96390f392fc42bf18da2b36d')
    expect(hexOf(first?.input ?? new Uint8Array())).toBe(deployer('5f'))
    expect(second).toMatchObject({ type: 'CREATE2', error: 'invalid opcode: INVALID', gasUsed: second?.gas })
    expect(second).not.toHaveProperty('to')
  })

  test('a creation transaction', async () => {
    const tracing = await createTracing(fork, '')
    const request = { from: rich, gas: 1_000_000n, data: hexToBytes(deployer('5f')) }
    const result = await tracing.engine.traceCall(request, { ...tracing.fixture.context, options: CALLS })
    expect(result).toMatchObject({ call: { type: 'CREATE', from: rich, output: Uint8Array.of(0x5f), calls: [] } })
  })

  test('code that cannot be paid for fails the creation in words of its own', async () => {
    const tooMuch = `${push(24_000)}${push(0)}f3`
    const code = `${push(tooMuch.padEnd(64, '0'))}${push(0)}52${push(tooMuch.length / 2)}${push(0)}${push(0)}f0`
    const { call } = await traceMain(await createTracing(fork, code), CALLS, { gas: 400_000n })
    expect(call.calls[0]?.error).toBe('contract creation code storage out of gas')
  })

  test('a revert keeps its data; a halt takes all gas', async () => {
    const reverter = `${push('0badc0de')}${push(0)}52${push(4)}${push(28)}fd`
    const code = op.call(hexOf(callee), 0, 5000) + op.call(hexOf(other), 0, 6000)
    const alloc = { [key(callee)]: { code: `0x${reverter}` }, [key(other)]: { code: '0x56' } }
    const { call } = await traceMain(await createTracing(fork, code, alloc), CALLS)
    expect(lines(call).slice(1)).toEqual([
      '  CALL main -> callee, value 0, gas 17 of 5000, output 0badc0de, error execution reverted',
      '  CALL main -> other, value 0, gas 6000 of 6000, error stack underflow (0 <=> 1)',
    ])
  })

  test('calls that never become frames are shown as failed ones', async () => {
    const create = `${push(0)}${push(0)}${push(101)}f0`
    const code = op.call(hexOf(callee), 1_000, 4000) + create
    const { call } = await traceMain(await createTracing(fork, code), CALLS)
    const [tooDear, creation] = call.calls
    expect(tooDear).toMatchObject({ gas: 6300n, gasUsed: 0n, value: 1000n, error: 'insufficient balance for transfer' })
    expect(creation).toMatchObject({
      type: 'CREATE',
      gasUsed: 0n,
      value: 101n,
      error: 'insufficient balance for transfer',
    })
  })

  test('an address that is taken costs the creation all its gas', async () => {
    const taken = '8e9629d0eea4253f96390f392fc42bf18da2b36d'
    const tracing = await createTracing(fork, op.create(deployer('5f')), { [`0x${taken}`]: { nonce: '0x1' } })
    const { call } = await traceMain(tracing, CALLS)
    const [creation] = call.calls
    expect(creation).toMatchObject({ type: 'CREATE', error: 'contract address collision', gasUsed: creation?.gas })
    expect(creation?.gas).toBeGreaterThan(500_000n)
  })

  test('the 1,026th frame is refused', async () => {
    const tracing = await createTracing(fork, op.call(hexOf(main)))
    const { call } = await traceMain(tracing, CALLS, { gas: 10n ** 12n })
    const chain = [call]
    for (let next = call.calls[0]; next !== undefined; next = next.calls[0]) chain.push(next)
    expect(chain).toHaveLength(1026)
    expect(chain.at(-1)).toMatchObject({ error: 'max call depth exceeded', gasUsed: 0n })
    expect(chain.at(-2)).not.toHaveProperty('error')
  })

  test('precompiles are frames without inner life', async () => {
    const code = `${push(0).repeat(2)}${push(3)}${push(0)}${push(4)}${push(9999)}fa50`
    const { call } = await traceMain(await createTracing(fork, code), CALLS)
    expect(lines(call).slice(1)).toEqual(['  STATICCALL main -> 4, gas 18 of 9999, input 000000, output 000000'])
  })

  test('SELFDESTRUCT is a frame that carries the balance', async () => {
    const tracing = await createTracing(fork, op.call(hexOf(callee), 7), {
      [key(callee)]: { code: `0x${op.selfdestruct(hexOf(other))}`, balance: '0x5' },
      [key(other)]: { balance: '0x1' },
    })
    const { call } = await traceMain(tracing, CALLS)
    expect(lines(call).slice(2)).toEqual(['    SELFDESTRUCT callee -> other, value 12, gas 0 of 0'])
  })

  test('logs know how many calls and logs came before; those of failed frames are gone', async () => {
    const code = op.log(1) + op.call(hexOf(callee)) + op.log(0) + op.call(hexOf(other)) + op.log(3)
    const alloc = {
      [key(callee)]: { code: `0x${op.log(2)}` },
      [key(other)]: { code: `0x${op.log(2)}${op.revert}` },
    }
    const tracing = await createTracing(fork, code, alloc)
    const { call } = await traceMain(tracing, { ...CALLS, withLog: true })
    const shown = ({ logs }: Pick<CallFrame, 'logs'>) =>
      logs.map(({ position, index, topics, data }) => [position, index, topics.length, data.length])
    expect(shown(call)).toEqual([
      [0, 0, 1, 32],
      [1, 2, 0, 32],
      [2, 3, 3, 32],
    ])
    expect(call.calls.map(shown)).toEqual([[[0, 1, 2, 32]], []])
    const top = await traceMain(tracing, { ...CALLS, withLog: true, onlyTopCall: true })
    expect(top.call.calls).toEqual([])
    expect(top.call.logs.map(({ position, index }) => [position, index])).toEqual([
      [0, 0],
      [0, 2],
      [0, 3],
    ])
  })
})

describe('Amsterdam', () => {
  test('transfers log in the frame that receives them (EIP-7708)', async () => {
    const tracing = await createTracing('amsterdamTime', op.call(hexOf(callee), 1), {
      [key(callee)]: { balance: '0x1' },
    })
    const { call } = await traceMain(tracing, { ...CALLS, withLog: true }, { value: 2n })
    expect(call.logs.map(({ position }) => position)).toEqual([0])
    expect(call.calls[0]?.logs).toHaveLength(1)
  })

  test('no gas for a new account: the outermost frame fails before anything runs', async () => {
    const tracing = await createTracing('amsterdamTime', '00')
    const { call } = await traceMain(tracing, CALLS, { to: other, value: 1n, gas: 30_000n })
    expect(call).toMatchObject({ error: 'out of gas', gasUsed: 30_000n, calls: [] })
  })
})

test('EXECUTE is one precompile call', async () => {
  const code = `${push(0).repeat(2)}${push(1)}${push(0)}${push(0x101)}${push(50_000)}fa50`
  const chain = await createDevChain({
    nativeRollups: true,
    execute: async () => ({ ok: true, output: Uint8Array.of(1, 2), gasUsed: 1234n }),
    alloc: { [key(main)]: { balance: '0x0', code: `0x${code}` } },
  })
  const context = { header: chain.head.header, state: chain.state(), blockHash: chain.memory.blockHash }
  const call = { from: addressOf(0), to: main, gas: 1_000_000n }
  const result = await chain.engine.traceCall(call, { ...context, options: CALLS })
  if (result.tracer !== 'callTracer') throw new Error(result.tracer)
  expect(lines(result.call).slice(1)).toEqual(['  STATICCALL main -> 101, gas 1234 of 50000, input 00, output 0102'])
})
