import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ExecuteWorker } from '../../bin/executeWorker.ts'
import { defaultPaths } from '../../execution/paths.ts'
import { createRunBlock } from '../../execution/runBlock.ts'
import { NO_CACHE } from '../../precompiles/cache.ts'
import { createExecute, type Execute } from '../../precompiles/execute.ts'
import { upfrontGas } from '../../precompiles/gas.ts'
import { createJudge } from '../../precompiles/judge.ts'
import type { Judge } from '../../precompiles/types.ts'
import { createRandom } from '../../scripts/fixtures/random.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import type { RunBlock } from '../../stateless/types.ts'
import { crypto } from '../stateless/l2.ts'
import { FORGERIES, type ForgeryKind, forge } from '../verify/forge.ts'
import { FULL, MAX_GAS, mixedBlock } from '../verify/support.ts'

const FIXTURES = 'test/fixtures/stateless'
const THREAD = new URL('../../dist/bin/executeThread.js', import.meta.url).href
const MUTATIONS = FULL ? 1_000 : 60
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const runBlock: RunBlock = createRunBlock({ crypto, logger: silent })

let valid: Uint8Array
beforeAll(async () => {
  valid = (await mixedBlock(12)).sealed.input
})

const opened: ExecuteWorker[] = []
afterEach(async () => {
  for (const worker of opened.splice(0)) await worker.close()
})

type Watched = { worker: ExecuteWorker; judgedHere: () => number; events: [level: string, event: string][] }

/** A worker; counts what the thread of the tests judges, and keeps what is logged. `code`: what its thread runs instead. */
function open(code?: string, paths = defaultPaths()): Watched {
  let judged = 0
  const events: [string, string][] = []
  const own = createJudge({ runBlock })
  const judge: Judge = (input, budget) => {
    judged += 1
    return own(input, budget)
  }
  const log = (level: string) => (event: string) => void events.push([level, event])
  const logger = { debug: log('debug'), warn: log('warn'), error: log('error') }
  const file = code === undefined ? {} : { file: new URL(`data:text/javascript,${encodeURIComponent(code)}`) }
  const worker = new ExecuteWorker({ paths, ...file }, { judge, logger })
  opened.push(worker)
  return { worker, judgedHere: () => judged, events }
}

const executeOf = (judge?: Judge): Execute['execute'] =>
  createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE, ...(judge && { judge }) }).execute

const thread = (onMessage: string): string =>
  `import { parentPort } from 'node:worker_threads'; parentPort.on('message', ${onMessage})`
const STARTED: [string, string] = ['debug', 'starting a thread']
const ENDED: [string, string] = ['warn', 'the EXECUTE thread ended, what it had in hand is judged without it']

describe('a thread gives the verdicts of this one, to the last field', () => {
  test('fixtures, valid, broken and undecodable', async () => {
    const { worker, judgedHere, events } = open()
    const [beside, here] = [executeOf(worker.judge), executeOf()]
    const paths = ['valid', 'invalid', 'undecodable'].flatMap((folder) =>
      readdirSync(join(FIXTURES, folder)).map((name) => join(FIXTURES, folder, name)),
    )
    const codes = new Set<string>()
    for (const path of paths) {
      const input = hexToBytes(JSON.parse(readFileSync(path, 'utf8')).statelessInputBytes)
      const verdict = await beside(input, MAX_GAS)
      expect(verdict, path).toStrictEqual(await here(input, MAX_GAS))
      codes.add(verdict.ok ? 'ok' : verdict.failure.code)
    }
    expect(codes.size).toBeGreaterThan(20)
    expect(codes).toContain('ok')
    expect(judgedHere()).toBe(0)
    expect(events).toEqual([STARTED])
  })

  test('forgeries, mutations and any amount of gas', async () => {
    const { worker, judgedHere } = open()
    const [beside, here] = [executeOf(worker.judge), executeOf()]
    const compare = async (input: Uint8Array, gas: bigint) => {
      const verdict = await here(input, gas)
      expect(await beside(input, gas)).toStrictEqual(verdict)
      return verdict
    }
    for (const kind of Object.keys(FORGERIES) as ForgeryKind[]) await compare(forge(valid, kind), MAX_GAS)
    const whole = await compare(valid, MAX_GAS)
    if (!whole.ok) throw new Error(whole.failure.message)
    const { gasUsed, regularGas } = whole
    for (const less of [0n, 1n, regularGas / 4n, regularGas / 2n, regularGas]) await compare(valid, gasUsed - less)
    await compare(valid, upfrontGas(valid.length) - 1n)
    const random = createRandom(7)
    const verdicts = new Set<string>()
    for (let count = 0; count < MUTATIONS; count++) {
      const mutated = valid.slice()
      mutated[random.int(mutated.length)] = random.int(256)
      const verdict = await compare(mutated, MAX_GAS)
      verdicts.add(verdict.ok ? 'ok' : verdict.failure.code)
    }
    expect(verdicts.size).toBeGreaterThan(2)
    expect(judgedHere()).toBe(0)
  })

  test('the reference engine', async () => {
    const { worker, judgedHere } = open(undefined, 'reference')
    expect(await executeOf(worker.judge)(valid, MAX_GAS)).toStrictEqual(await executeOf()(valid, MAX_GAS))
    expect(judgedHere()).toBe(0)
  })
})

describe('many at once', () => {
  test('they wait for the thread, and those that are too many are judged here', async () => {
    const { worker, judgedHere, events } = open()
    const { execute } = createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE, judge: worker.judge })
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => execute(valid, MAX_GAS)))
    expect(verdicts.every(({ ok }) => ok)).toBe(true)
    // one in hand, sixteen waiting
    expect(judgedHere()).toBe(3)
    expect(events).toEqual([STARTED])
    expect(await execute(valid, MAX_GAS)).toMatchObject({ ok: true })
    expect(judgedHere()).toBe(3)
  })
})

describe('a thread that fails', () => {
  test('without an answer, again and again: each input is judged here, and no thread is started any more', async () => {
    const { worker, judgedHere, events } = open(thread('() => process.exit(3)'))
    const verdicts = []
    for (let count = 0; count < 6; count++) verdicts.push(await executeOf(worker.judge)(valid, MAX_GAS))
    expect(verdicts).toStrictEqual(Array(6).fill(await executeOf()(valid, MAX_GAS)))
    expect(judgedHere()).toBe(6)
    expect(events).toEqual([STARTED, ENDED, STARTED, ENDED, STARTED, ENDED, STARTED, ENDED])
  })

  test('with others waiting: they go to the next thread, and are judged here after the last one', async () => {
    const { worker, judgedHere, events } = open(thread('() => process.exit(3)'))
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => worker.judge(valid, MAX_GAS)))
    expect(verdicts.every((finding) => finding.valid)).toBe(true)
    expect(judgedHere()).toBe(8)
    expect(events.filter(([level]) => level === 'debug')).toHaveLength(4)
  })

  test('once: the next one works', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reenact-thread-'))
    const mark = JSON.stringify(join(folder, 'died'))
    const { worker, judgedHere, events } = open(`
      import { existsSync, writeFileSync } from 'node:fs'
      if (!existsSync(${mark})) {
        writeFileSync(${mark}, '')
        process.exit(3)
      }
      await import(${JSON.stringify(THREAD)})`)
    try {
      const found = await Promise.all([1, 2, 3].map(() => worker.judge(valid, MAX_GAS)))
      expect(found.map((finding) => finding.valid)).toEqual([true, true, true])
      expect(judgedHere()).toBe(1)
      expect(events).toEqual([STARTED, ENDED, STARTED])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test.each([
    ['does not load', 'import "node:nothing"'],
    ['throws', thread('() => { throw new Error("a bug") }')],
    ['rejects', thread('async () => { throw new Error("a bug") }')],
  ])('that %s', async (_, code) => {
    const { worker, judgedHere, events } = open(code)
    expect((await worker.judge(valid, MAX_GAS)).valid).toBe(true)
    expect(judgedHere()).toBe(1)
    expect(events).toEqual([STARTED, ENDED])
  })

  test('on one input is not replaced', async () => {
    const code = thread('() => parentPort.postMessage({ kind: "failed", reason: "a bug" })')
    const { worker, judgedHere, events } = open(code)
    for (let count = 0; count < 6; count++) expect((await worker.judge(valid, MAX_GAS)).valid).toBe(true)
    expect(judgedHere()).toBe(6)
    expect(events.map(([level]) => level)).toEqual(['debug', ...Array(6).fill('warn')])
  })

  test('what it logs is logged here', async () => {
    const log = '{ kind: "log", level: "error", event: "library failed on a block", fields: {} }'
    const { worker, events } = open(thread(`() => { parentPort.postMessage(${log}); process.exit(1) }`))
    await worker.judge(valid, MAX_GAS)
    expect(events).toContainEqual(['error', 'library failed on a block'])
  })
})

describe('close', () => {
  test('what runs and waits is judged here, and so is what comes later', async () => {
    const { worker, judgedHere, events } = open()
    const asked = [1, 2, 3].map(() => worker.judge(valid, MAX_GAS))
    await worker.close()
    expect((await Promise.all(asked)).every((finding) => finding.valid)).toBe(true)
    expect((await worker.judge(valid, MAX_GAS)).valid).toBe(true)
    expect(judgedHere()).toBe(4)
    await worker.close()
    expect(events).toEqual([STARTED])
  })

  test('without any input no thread has been started', async () => {
    const { worker, events } = open()
    await worker.close()
    expect(events).toEqual([])
  })
})
