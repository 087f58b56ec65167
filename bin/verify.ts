import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createLogger } from '../node/logger.ts'
import { NO_CACHE } from '../precompiles/cache.ts'
import { createExecute } from '../precompiles/execute.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { type NodeError, UndecodableInput } from '../stateless/errors.ts'
import { BadFixture, type FixtureCase, parseFixture, readVerifyFile, runFixture } from '../stateless/fixtures.ts'
import { runStatelessGuest } from '../stateless/guest.ts'
import { decodeStatelessInput } from '../stateless/ssz.ts'
import type { RunBlock, StatelessInput } from '../stateless/types.ts'
import type { VerifyOptions } from './commands.ts'
import { createEngines } from './engines.ts'
import { readJsonFile, UsageError } from './options.ts'

/** Exit codes of `reenact verify`. */
const VALID = 0
const INVALID = 1
const UNDECODABLE = 2

/**
 * `reenact verify FILE|-`: one StatelessInput as raw bytes, hex or fixture JSON. Prints the 43-byte result and, on failure,
 * the reason. With `--execute` the L2 constraints and the gas of EXECUTE apply too, with `--parent HASH` the contract's rule
 * that a block stands on the settled head. `--fixtures DIR` runs a folder.
 */
export async function runVerify(file: string | undefined, options: VerifyOptions): Promise<number> {
  if (options.fixtures === undefined && file === undefined) {
    throw new UsageError('MISSING_VALUE', 'reenact verify needs a FILE, - for standard input, or --fixtures DIR')
  }
  const engines = await createEngines(createLogger({ level: 'warn', json: options.json, stream: process.stderr }), {
    paths: options.engine,
  })
  const { runBlock } = engines.l2({ config: { chainId: 1 }, timestamp: '0x0', gasLimit: '0x1', alloc: {} })
  if (options.fixtures !== undefined) return runFixtures(options.fixtures, runBlock)
  const content = readInput(file ?? '-')
  const parsed = readVerifyFile(content, file ?? '-')
  if (parsed.kind === 'input') return judge(parsed.input, runBlock, options)
  const inputs = parsed.cases.filter((fixture) => fixture.kind === 'guest')
  if (inputs.length === 0) {
    throw new UsageError('BAD_FILE', `${file} holds no StatelessInput; run it with --fixtures and its folder`)
  }
  // A fixture may hold several inputs; the worst verdict is the exit code.
  let worst = VALID
  for (const fixture of inputs) {
    if (inputs.length > 1 && !options.json) console.log(fixture.name)
    worst = Math.max(worst, await judge(fixture.input, runBlock, options))
  }
  return worst
}

function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (error) {
    throw new UsageError('BAD_FILE', `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}

type Verdict = {
  exit: number
  output?: Uint8Array
  stage?: string
  code?: string
  message?: string
  data?: unknown
  gas?: bigint
  regularGas?: bigint
}

async function judge(input: Uint8Array, runBlock: RunBlock, options: VerifyOptions): Promise<number> {
  const verdict =
    judgeParent(input, options.parent) ??
    (options.execute ? await judgeExecute(input, runBlock, options.gas) : await judgeGuest(input, runBlock))
  if (options.json) {
    const { exit, output, ...rest } = verdict
    const word = exit === VALID ? 'valid' : exit === INVALID ? 'invalid' : 'undecodable'
    console.log(
      JSON.stringify({ verdict: word, ...(output ? { output: `0x${bytesToHex(output)}` } : {}), ...rest }, jsonValue),
    )
    return exit
  }
  if (verdict.output !== undefined) console.log(`0x${bytesToHex(verdict.output)}`)
  if (verdict.gas !== undefined) console.log(`gas ${verdict.gas}, of it regular gas of the block ${verdict.regularGas}`)
  if (verdict.exit !== VALID) console.log(`${verdict.stage}: ${verdict.code}: ${verdict.message}`)
  return verdict.exit
}

/** The one rule of the contract that stateless validation cannot know: a replayed block is valid on its own parent. */
function judgeParent(bytes: Uint8Array, wanted: string | undefined): Verdict | undefined {
  if (wanted === undefined) return undefined
  let input: StatelessInput
  try {
    input = decodeStatelessInput(bytes)
  } catch (error) {
    if (!(error instanceof UndecodableInput)) throw error
    return undefined
  }
  const { parentHash, blockNumber } = input.newPayloadRequest.executionPayload
  const parent = `0x${bytesToHex(parentHash)}`
  if (parent === wanted.toLowerCase()) return undefined
  const message = `block ${blockNumber} stands on ${parent}, the settled head is ${wanted}`
  return { exit: INVALID, stage: 'contract', code: 'WRONG_PARENT', message, data: { blockNumber, parent, wanted } }
}

async function judgeGuest(input: Uint8Array, runBlock: RunBlock): Promise<Verdict> {
  const run = await runStatelessGuest(input, { runBlock })
  if (!run.decoded) return { exit: UNDECODABLE, output: run.output, stage: 'decode', ...fields(run.reason) }
  if (run.verification.valid)
    return { exit: VALID, output: run.output, regularGas: run.verification.outcome.regularGas }
  return { exit: INVALID, output: run.output, stage: 'validation', ...fields(run.verification.reason) }
}

async function judgeExecute(input: Uint8Array, runBlock: RunBlock, gas: bigint): Promise<Verdict> {
  const verdict = await createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE }).execute(input, gas)
  if (verdict.ok) return { exit: VALID, output: verdict.output, gas: verdict.gasUsed, regularGas: verdict.regularGas }
  const { stage, code, message, data } = verdict.failure
  return { exit: stage === 'decode' ? UNDECODABLE : INVALID, stage, code, message, data }
}

const fields = (reason: NodeError) => ({ code: reason.code, message: reason.message, data: reason.data })

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? `0x${bytesToHex(value)}` : value
}

/** Runs every fixture under a folder; the last line says `N passed, N failed`. */
async function runFixtures(folder: string, runBlock: RunBlock): Promise<number> {
  let passed = 0
  let failed = 0
  for (const path of fixtureFiles(folder)) {
    const name = relative(folder, path)
    let cases: FixtureCase[]
    try {
      cases = parseFixture(readFixture(path), name)
    } catch (error) {
      if (!(error instanceof BadFixture)) throw error
      console.log(`FAIL ${error.message}`)
      failed++
      continue
    }
    for (const fixture of cases) {
      const outcome = await runFixture(fixture, { runBlock })
      if (outcome.passed) passed++
      else {
        failed++
        console.log(`FAIL ${outcome.name}: ${outcome.message}`)
      }
    }
  }
  if (passed + failed === 0) throw new UsageError('BAD_FILE', `${folder} holds no stateless fixtures`)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 ? VALID : INVALID
}

function* fixtureFiles(folder: string): Iterable<string> {
  let names: string[]
  try {
    names = statSync(folder).isDirectory() ? readdirSync(folder).sort() : []
  } catch (error) {
    throw new UsageError('BAD_FILE', `cannot read ${folder}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  for (const name of names) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* fixtureFiles(path)
    else if (/\.json(\.gz)?$/.test(name)) yield path
  }
}

function readFixture(path: string): unknown {
  if (!path.endsWith('.gz')) return readJsonFile(path)
  try {
    return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8'))
  } catch (error) {
    throw new UsageError('BAD_FILE', `${path}: ${(error as Error).message}`)
  }
}
