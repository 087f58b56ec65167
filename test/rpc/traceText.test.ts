import { expect, test } from 'vitest'
import type { CallFrame } from '../../execution/types.ts'
import { traceText } from '../../rpc/debug/traceText.ts'

/** Most that one piece of an answer may hold: what is made between two turns of the event loop. */
const PIECE = 100_000
const account = new Uint8Array(20)
const frame: CallFrame = {
  type: 'CALL',
  from: account,
  to: account,
  input: new Uint8Array(0),
  gas: 9n,
  gasUsed: 5n,
  value: 1n,
  calls: [],
  logs: [],
}
const logs = Array.from({ length: 1000 }, (_, index) => ({
  address: account,
  topics: [new Uint8Array(32)],
  data: Uint8Array.of(1),
  position: 0,
  index,
}))

test.each<[string, CallFrame]>([
  ['alone', { ...frame, logs }],
  ['with calls', { ...frame, logs, calls: [frame, { ...frame, logs: logs.slice(0, 1) }] }],
  ['below', { ...frame, calls: [{ ...frame, logs }, frame] }],
])('a frame of many logs is told in pieces: %s', (_, call) => {
  const pieces = [...traceText({ tracer: 'callTracer', call })]
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(PIECE)
  type Told = { logs?: { index: string }[]; calls?: Told[] }
  const count = ({ logs = [], calls = [] }: CallFrame | Told): unknown[] => [logs.length, ...calls.map(count)]
  const told = JSON.parse(pieces.join('')) as Told
  expect(count(told)).toEqual(count(call))
  const indexes = (told.logs ?? told.calls?.[0]?.logs ?? []).map(({ index }) => Number(index))
  expect(indexes).toEqual(logs.map(({ index }) => index))
})

test('hundreds of thousands of selectors are told in pieces', () => {
  const counts = new Map(Array.from({ length: 10_000 }, (_, i) => [`${i.toString(16).padStart(8, '0')}-32`, i + 1]))
  const pieces = [...traceText({ tracer: '4byteTracer', counts })]
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(PIECE)
  const told = JSON.parse(pieces.join('')) as Record<string, number>
  expect(Object.keys(told)).toHaveLength(10_000)
  expect(told['0x0000000a-32']).toBe(11)
  expect([...traceText({ tracer: '4byteTracer', counts: new Map() })].join('')).toBe('{}')
})
