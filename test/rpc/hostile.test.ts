import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devnetSchema } from '../../bin/commands.ts'
import { type Devnet, startDevnet } from '../../bin/devnet.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { createGenerator, createRandom, type KnownValues, type OpenRpc } from './hostileCases.ts'
import { type LogLine, recordingLogger } from './support.ts'

const MIB = 1024 * 1024
const FULL = process.env.REENACT_FULL === '1'
/** per chain */
const CASES = FULL ? 5_000 : 300
const SEED = Number(process.env.REENACT_SEED ?? 20_261)
/** Several callers at once, as a server has them. */
const CALLERS = 4
/** No answer takes longer, and none may end because the time of a call (30 s) is over. */
const MAX_ANSWER_MS = 25_000
/** Somebody else is answered within this time all the while. */
const MAX_PROBE_MS = 2_000
const PROBE_PAUSE_MS = 100
const KEY_OWNER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

type Answer = { jsonrpc?: unknown; id?: unknown; result?: unknown; error?: { code?: unknown; message?: unknown } }

let devnet: Devnet
const logger = recordingLogger()
const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', onRejection)
  const options = devnetSchema.parse({ 'l1-port': 0, 'l2-port': 0 })
  devnet = await startDevnet(options, { clock: systemClock, timers: systemTimers, logger })
})
afterAll(async () => {
  await devnet.close()
  process.off('unhandledRejection', onRejection)
})

const urlOf = (chain: string): string => {
  const url = chain === 'l1' ? devnet.summary.l1Url : devnet.summary.rollups[0]?.url
  if (url === undefined) throw new Error('no rollup')
  return url
}

async function ask<Result>(url: string, method: string, params: unknown[] = []): Promise<Result> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const answer = (await (await fetch(url, { method: 'POST', body })).json()) as Answer
  if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`)
  return answer.result as Result
}

async function knownValues(url: string): Promise<KnownValues> {
  const block = await ask<{ hash: string; parentHash: string; transactions: string[]; stateRoot: string }>(
    url,
    'eth_getBlockByNumber',
    ['latest', false],
  )
  return {
    hashes: [block.hash, block.parentHash, block.stateRoot, ...block.transactions, `0x${'00'.repeat(32)}`],
    addresses: [KEY_OWNER, `0x${'00'.repeat(19)}01`, `0x${'00'.repeat(18)}0101`, `0x${'11'.repeat(20)}`],
    quantities: ['0x0', '0x1', '0x2', '0x5208', '0x3b9aca00', '0xffffffffffffffff', `0x1${'0'.repeat(63)}`],
  }
}

/** What is wrong with the answer to one body; undefined when nothing is. */
function faultOf(status: number, text: string): string | undefined {
  if (status === 204) return text === '' ? undefined : 'a body with 204'
  if (status !== 200 && status !== 413) return `status ${status}`
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  for (const answer of Array.isArray(message) ? message : [message]) {
    const fault = answerFault(answer as Answer)
    if (fault !== undefined) return fault
  }
  return undefined
}

function answerFault(answer: Answer): string | undefined {
  if (answer.jsonrpc !== '2.0' || !('id' in answer)) return 'not a JSON-RPC answer'
  if ('result' in answer) return 'error' in answer ? 'both result and error' : undefined
  const { code, message } = answer.error ?? {}
  if (!Number.isInteger(code) || typeof message !== 'string') return 'an error without code or message'
  if (code === -32603) return 'internal error'
  return code === -32002 ? 'out of time' : undefined
}

async function fuzz(chain: string, cases: number, seed: number, skip: ReadonlySet<string>): Promise<string[]> {
  const url = urlOf(chain)
  const document = await ask<OpenRpc>(url, 'rpc.discover')
  const generator = createGenerator(createRandom(seed), document, await knownValues(url), skip)
  const faults: string[] = []
  let left = cases
  const caller = async () => {
    while (left-- > 0) {
      const body = generator.request()
      const shown = Buffer.from(body).toString('latin1').slice(0, 400)
      try {
        const signal = AbortSignal.timeout(MAX_ANSWER_MS)
        const response = await fetch(url, { method: 'POST', body: Buffer.from(body), signal })
        const fault = faultOf(response.status, await response.text())
        if (fault !== undefined) faults.push(`${fault}: ${shown}`)
      } catch (error) {
        faults.push(`${String(error)}: ${shown}`)
      }
    }
  }
  const probe = startProbe(url)
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return [...faults, ...(await probe.stop())]
}

/** Asks over a connection of its own, again and again; tells which answers were late. */
function startProbe(url: string) {
  const faults: string[] = []
  let running = true
  const done = (async () => {
    while (running) {
      const startedAt = performance.now()
      const answer = await ask(url, 'eth_chainId').catch(String)
      const ms = Math.round(performance.now() - startedAt)
      if (ms > MAX_PROBE_MS) faults.push(`eth_chainId took ${ms} ms meanwhile`)
      if (!/^0x[1-9a-f][0-9a-f]*$/.test(String(answer))) faults.push(`eth_chainId: ${answer}`)
      await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS))
    }
  })()
  return {
    stop: async () => {
      running = false
      await done
      return faults
    },
  }
}

const internalErrors = (lines: readonly LogLine[]) =>
  lines.filter(({ event }) => event.includes('unexpectedly') || event === 'a head listener failed')

describe.each(['l1', 'l2'])('fuzzed requests to %s', (chain) => {
  test('each gets a JSON-RPC answer, none is an internal error, and the node goes on', {
    timeout: 900_000,
  }, async () => {
    const before = logger.lines.length
    const faults = await fuzz(chain, CASES, SEED, new Set())
    expect(internalErrors(logger.lines.slice(before))).toEqual([])
    expect(faults).toEqual([])
    expect(rejections).toEqual([])
    expect(await ask(urlOf(chain), 'eth_chainId')).toMatch(/^0x[1-9a-f]/)
  })
})

test('memory stays flat', { timeout: 900_000 }, async () => {
  const collect = garbageCollector()
  const state = (name: string) => /^(evm|anvil|hardhat|debug_set|testing)/.test(name)
  const document = await ask<OpenRpc>(urlOf('l1'), 'rpc.discover')
  const changing = new Set(document.methods.map(({ name }) => name).filter(state))
  const used: number[] = []
  const outside: number[] = []
  const resident: number[] = []
  for (let round = 0; round < 6; round++) {
    // The same requests each time: what they put into caches is there after the first rounds.
    expect(await fuzz('l1', FULL ? 500 : 100, SEED + 1, changing)).toEqual([])
    logger.lines.length = 0
    collect()
    const { heapUsed, external, rss } = process.memoryUsage()
    used.push(heapUsed)
    outside.push(external)
    resident.push(rss)
  }
  const growth = (sizes: readonly number[]) => (sizes.at(-1) ?? 0) - (sizes[2] ?? 0)
  expect(growth(used)).toBeLessThan(8 * MIB)
  expect(growth(outside)).toBeLessThan(16 * MIB)
  // The allocator keeps some of what was let go.
  expect(growth(resident)).toBeLessThan(96 * MIB)
})

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
