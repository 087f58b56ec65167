import { expect, test } from 'vitest'
import * as z from 'zod'
import { data, dataUpTo, from, quantityIn, toJsonSchema } from '../../rpc/rollup/wire.ts'

test('data is whole bytes, also five megabytes of them', () => {
  const parse = from(data)
  const large = `0x${'ab'.repeat(2_500_000)}`
  expect(parse(large, 'input')).toBe(large)
  expect(parse('0x', 'input')).toBe('0x')
  for (const wrong of ['', '0', '0x0', '0x123', '0xzz', 'ab', `${large}f`, `${large}g0`, 5, null]) {
    expect(() => parse(wrong, 'input'), String(wrong).slice(0, 10)).toThrow('invalid input: expected bytes')
  }
})

test('a bound on bytes holds, and is told in the schema', () => {
  const parse = from(dataUpTo(2))
  expect(parse('0xabcd', 'code')).toBe('0xabcd')
  expect(() => parse('0xabcdef', 'code')).toThrow('invalid code: expected at most 2 bytes')
  expect(toJsonSchema(dataUpTo(2), 'input')).toMatchObject({ type: 'string', pattern: '^0x([0-9a-fA-F]{2}){0,2}$' })
  expect(toJsonSchema(data, 'output')).toMatchObject({ title: 'data', pattern: '^0x([0-9a-fA-F]{2})*$' })
})

test('quantities become numbers', () => {
  expect(from(quantityIn)('0xff', 'value')).toBe(255n)
  expect(() => from(quantityIn)('0x0f', 'value')).toThrow('without leading zeros, got "0x0f"')
})

test('a refusal says once what was expected and what came', () => {
  const parse = from(z.strictObject({ kind: z.enum(['one', 'two']), flag: z.boolean().optional() }))
  const refusal = (value: unknown) => {
    try {
      return parse(value, 'argument 0 (fault)')
    } catch (error) {
      return (error as Error).message
    }
  }
  const modes = z.discriminatedUnion('mode', [
    z.object({ mode: z.enum(['a', 'b']) }),
    z.object({ mode: z.literal('c') }),
  ])
  expect(() => from(modes)({ mode: 'x' }, 'mode')).toThrow('mode.mode: expected one of "a", "b", "c", got "x"')
  expect(refusal('one')).toBe('invalid argument 0 (fault): expected object, got "one"')
  expect(refusal({})).toBe('invalid argument 0 (fault).kind: expected one of "one", "two", got nothing')
  expect(refusal({ kind: 'one', flag: 1 })).toBe('invalid argument 0 (fault).flag: expected boolean, got 1')
})
