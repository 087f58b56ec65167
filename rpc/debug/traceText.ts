import type {
  AccountSnapshot,
  CallFrame,
  PrestateTrace,
  StructLog,
  StructTrace,
  TracedLog,
  TraceResult,
} from '../../execution/types.ts'
import { toData, toQuantity, toWord } from '../hex.ts'
import { revertReason } from '../revertReason.ts'

/** JSON of a trace in geth's forms, in pieces that are made as they are taken: a trace may be as large as an answer. */
export function* traceText(trace: TraceResult): Generator<string> {
  switch (trace.tracer) {
    case 'structLogger':
      return yield* structText(trace)
    case 'callTracer':
      return yield* callText(trace.call)
    case 'prestateTracer':
      return yield* prestateText(trace)
    case '4byteTracer':
      return yield* objectText(countsOf(trace.counts))
    case 'noopTracer':
      return yield '{}'
    case 'muxTracer':
      return yield* objectText(trace.results.map((result): Property => [result.tracer, traceText(result)]))
  }
}

function* countsOf(counts: ReadonlyMap<string, number>): Generator<Property> {
  for (const [key, count] of counts) yield [`0x${key}`, `${count}`]
}

type Property = readonly [name: string, value: string | Iterable<string>]

function* objectText(properties: Iterable<Property>): Generator<string> {
  let separator = '{'
  for (const [name, value] of properties) {
    yield `${separator}${JSON.stringify(name)}:`
    if (typeof value === 'string') yield value
    else yield* value
    separator = ','
  }
  yield separator === '{' ? '{}' : '}'
}

// ---- opcodes

function* structText({ gasUsed, failed, output, steps }: StructTrace): Generator<string> {
  yield `{"gas":${gasUsed},"failed":${failed},"returnValue":"${toData(output)}","structLogs":[`
  for (const [index, step] of steps.entries()) yield `${index === 0 ? '' : ','}${JSON.stringify(structLog(step))}`
  yield ']}'
}

/** Members in geth's order; what is empty or zero is left out, as geth does. */
function structLog(step: StructLog): object {
  const { pc, op, gas, gasCost, depth, error, stack, returnData, memory, storage, refund } = step
  return {
    pc,
    op,
    gas,
    gasCost,
    depth,
    ...(error === undefined ? {} : { error }),
    ...(stack === undefined ? {} : { stack: stack.map(toQuantity) }),
    ...(returnData === undefined ? {} : { returnData: toData(returnData) }),
    ...(memory === undefined ? {} : { memory: wordsOf(memory) }),
    ...(storage === undefined ? {} : { storage: slotsOf(storage) }),
    ...(refund === 0 ? {} : { refund }),
  }
}

function wordsOf(memory: Uint8Array): string[] {
  return Array.from({ length: memory.length / 32 }, (_, i) => toData(memory.subarray(i * 32, i * 32 + 32)))
}

function slotsOf(slots: ReadonlyMap<bigint, bigint>): Record<string, string> {
  return Object.fromEntries([...slots].map(([slot, value]) => [toWord(slot), toWord(value)]))
}

// ---- calls

/** A list of work instead of recursion: calls nest 1,024 deep. */
function* callText(outermost: CallFrame): Generator<string> {
  const waiting: (CallFrame | string)[] = [outermost]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') {
      yield next
      continue
    }
    const own = JSON.stringify(callFrame(next)).slice(0, -1)
    if (next.logs.length > 0) {
      yield own
      yield* logsText(next.logs)
    }
    const rest = next.logs.length > 0 ? '' : own
    if (next.calls.length === 0) {
      yield `${rest}}`
      continue
    }
    yield `${rest},"calls":[`
    waiting.push(']}')
    for (let i = next.calls.length - 1; i >= 0; i--) {
      const inner = next.calls[i]
      if (inner !== undefined) waiting.push(inner)
      if (i > 0) waiting.push(',')
    }
  }
}

const LOGS_PER_PIECE = 256

/** One frame may have hundreds of thousands. */
function* logsText(logs: readonly TracedLog[]): Generator<string> {
  for (let first = 0; first < logs.length; first += LOGS_PER_PIECE) {
    const piece = JSON.stringify(logs.slice(first, first + LOGS_PER_PIECE).map(callLog))
    yield `${first === 0 ? ',"logs":[' : ','}${piece.slice(1, -1)}`
  }
  yield ']'
}

/** Everything but the logs and the inner calls. */
function callFrame(frame: CallFrame): object {
  const { to, output, error, value } = frame
  const reason = error === 'execution reverted' && output !== undefined ? revertReason(output) : undefined
  return {
    from: toData(frame.from),
    gas: toQuantity(frame.gas),
    gasUsed: toQuantity(frame.gasUsed),
    ...(to === undefined ? {} : { to: toData(to) }),
    input: toData(frame.input),
    ...(output === undefined ? {} : { output: toData(output) }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { revertReason: reason }),
    ...(value === undefined ? {} : { value: toQuantity(value) }),
    type: frame.type,
  }
}

function callLog({ address, topics, data, index, position }: TracedLog): object {
  const place = { index: toQuantity(index), position: toQuantity(position) }
  return { address: toData(address), topics: topics.map(toData), data: toData(data), ...place }
}

// ---- accounts

function* prestateText({ pre, post }: PrestateTrace): Generator<string> {
  if (post === undefined) return yield* accountsText(pre)
  yield* objectText([
    ['post', accountsText(post)],
    ['pre', accountsText(pre)],
  ])
}

function accountsText(accounts: ReadonlyMap<string, AccountSnapshot>): Iterable<string> {
  return objectText(mapEach(accounts, ([address, account]) => [`0x${address}`, accountText(account)]))
}

function accountText({ balance, nonce, code, storage }: AccountSnapshot): Iterable<string> {
  return objectText([
    ...(balance === undefined ? [] : [['balance', `"${toQuantity(balance)}"`] as const]),
    ...(code === undefined ? [] : [['code', `"${toData(code)}"`] as const]),
    ...(nonce === undefined || nonce === 0n ? [] : [['nonce', `${nonce}`] as const]),
    ...(storage === undefined
      ? []
      : [['storage', objectText(mapEach(storage, ([slot, value]) => [toWord(slot), `"${toWord(value)}"`]))] as const]),
  ])
}

function* mapEach<Item>(items: Iterable<Item>, map: (item: Item) => Property): Generator<Property> {
  for (const item of items) yield map(item)
}
