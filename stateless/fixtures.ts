import { bytesEqual, bytesToHex, hexToBytes } from './bytes.ts'
import { NodeError } from './errors.ts'
import { runStatelessGuest } from './guest.ts'
import { consensusNewPayloadRequestRoot, newPayloadRequestRoot, publicInputRoot } from './sszRoots.ts'
import { newPayloadRequestType } from './sszSchema.ts'
import type { VerifyDeps } from './verify.ts'

/** A fixture file that names stateless bytes but does not hold them in a readable form. */
export class BadFixture extends NodeError<'BAD_FIXTURE'> {}

export type GuestCase = { kind: 'guest'; name: string; input: Uint8Array; expectedOutput: Uint8Array }

/** SSZ bytes of a NewPayloadRequest and its roots under both rule sets. */
export type RootsCase = {
  kind: 'roots'
  name: string
  request: Uint8Array
  chainId: bigint
  schemaId: number
  expectedRoots: { executionSpecs: Uint8Array; consensusSpecs: Uint8Array; publicInput: Uint8Array }
}

export type FixtureCase = GuestCase | RootsCase

export type FixtureOutcome = { name: string; passed: true } | { name: string; passed: false; message: string }

type Json = Record<string, unknown>

/**
 * All cases of one parsed fixture file. Understood: a single vector (statelessInputBytes, statelessOutputBytes, and the
 * same content re-framed as statelessInputBytesV21), a file of SSZ roots, and execution-spec-tests files of the formats
 * blockchain_tests and blockchain_tests_engine. Other JSON has no cases: a release folder holds much else. `file` names
 * the cases. Throws BadFixture.
 */
export function parseFixture(json: unknown, file: string): FixtureCase[] {
  if (!isObject(json)) return []
  if (typeof json.statelessInputBytes === 'string') return guestCases(json, file)
  if (Array.isArray(json.cases) && json.schemaId !== undefined) return rootsFile(json, file)
  return Object.entries(json).flatMap(([testId, test]) => (isObject(test) ? specTestCases(test, testId) : []))
}

/** Blocks or engine payloads of one execution-spec-tests case; those without stateless bytes are passed over. */
function specTestCases(test: Json, testId: string): GuestCase[] {
  return ['blocks', 'engineNewPayloads'].flatMap((key) => {
    const items = test[key]
    if (!Array.isArray(items)) return []
    return items.flatMap((item: unknown, index) =>
      isObject(item) && item.statelessInputBytes !== undefined ? guestCases(item, `${testId}#${key}[${index}]`) : [],
    )
  })
}

function guestCases(json: Json, name: string): GuestCase[] {
  const expectedOutput = readBytes(json, 'statelessOutputBytes', name)
  const cases: GuestCase[] = [
    { kind: 'guest', name, input: readBytes(json, 'statelessInputBytes', name), expectedOutput },
  ]
  if (json.statelessInputBytesV21 !== undefined) {
    const input = readBytes(json, 'statelessInputBytesV21', name)
    cases.push({ kind: 'guest', name: `${name} (v21)`, input, expectedOutput })
  }
  return cases
}

function rootsFile(json: Json, file: string): RootsCase[] {
  const chain = isObject(json.chain) && Array.isArray(json.chain.blocks) ? json.chain.blocks : []
  const cases: unknown[] = Array.isArray(json.cases) ? json.cases : []
  return [...cases, ...chain].map((item: unknown, index) => rootsCase(json, item, `${file}#${index}`))
}

function rootsCase(file: Json, item: unknown, fallbackName: string): RootsCase {
  if (!isObject(item) || !isObject(item.roots)) throw new BadFixture('BAD_FIXTURE', `${fallbackName}: no roots`)
  const name = typeof item.name === 'string' ? `${fallbackName} ${item.name}` : fallbackName
  return {
    kind: 'roots',
    name,
    request: readBytes(item, 'newPayloadRequestSsz', name),
    chainId: BigInt(readNumber(file, 'chainId', name)),
    schemaId: readNumber(file, 'schemaId', name),
    expectedRoots: {
      executionSpecs: readBytes(item.roots, 'nprRootExecutionSpecs', name),
      consensusSpecs: readBytes(item.roots, 'nprRootConsensus', name),
      publicInput: readBytes(item.roots, 'publicInputRoot', name),
    },
  }
}

/** Runs one case. Rejects only for a bug of ours. */
export async function runFixture(fixture: FixtureCase, deps: VerifyDeps): Promise<FixtureOutcome> {
  return fixture.kind === 'roots' ? checkRoots(fixture) : await checkGuest(fixture, deps)
}

async function checkGuest({ name, input, expectedOutput }: GuestCase, deps: VerifyDeps): Promise<FixtureOutcome> {
  const run = await runStatelessGuest(input, deps)
  if (bytesEqual(run.output, expectedOutput)) return { name, passed: true }
  return { name, passed: false, message: `${difference('output', run.output, expectedOutput)}${reasonOf(run)}` }
}

function reasonOf(run: Awaited<ReturnType<typeof runStatelessGuest>>): string {
  if (!run.decoded) return ` (${run.reason.code}: ${run.reason.message})`
  if (run.verification.valid) return ''
  return ` (${run.verification.reason.code}: ${run.verification.reason.message})`
}

function checkRoots({ name, request: bytes, chainId, schemaId, expectedRoots }: RootsCase): FixtureOutcome {
  const request = newPayloadRequestType.decode(bytes, 0, bytes.length)
  const consensusSpecs = consensusNewPayloadRequestRoot(request)
  const result = { newPayloadRequestRoot: consensusSpecs, successfulValidation: true, chainId, schemaId }
  const computed = {
    executionSpecs: newPayloadRequestRoot(request),
    consensusSpecs,
    publicInput: publicInputRoot(result),
  }
  for (const rules of ['executionSpecs', 'consensusSpecs', 'publicInput'] as const) {
    if (bytesEqual(computed[rules], expectedRoots[rules])) continue
    return { name, passed: false, message: difference(`${rules} root`, computed[rules], expectedRoots[rules]) }
  }
  return { name, passed: true }
}

function difference(what: string, actual: Uint8Array, expected: Uint8Array): string {
  return `${what} is 0x${bytesToHex(actual)}, expected 0x${bytesToHex(expected)}`
}

/** A file given to `reenact verify`: the raw input, its hex, or fixture JSON. */
export type VerifyFile = { kind: 'input'; input: Uint8Array } | { kind: 'fixture'; cases: FixtureCase[] }

/**
 * Tells the three forms apart by their first byte: a raw input starts with the schema id, which is not printable. Text
 * that is neither JSON nor hex is taken as raw bytes. Throws BadFixture for broken JSON and for JSON without a case.
 */
export function readVerifyFile(content: Uint8Array, name: string): VerifyFile {
  const first = content.find((byte) => byte > 0x20)
  if (content[0] === 0x15 || first === undefined) return { kind: 'input', input: content }
  const text = new TextDecoder().decode(content).trim()
  if (text.startsWith('{')) {
    const cases = parseFixture(parseJson(text, name), name)
    if (cases.length === 0) throw new BadFixture('BAD_FIXTURE', `${name}: no stateless input in this JSON`)
    return { kind: 'fixture', cases }
  }
  try {
    return { kind: 'input', input: hexToBytes(text) }
  } catch {
    return { kind: 'input', input: content }
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadFixture('BAD_FIXTURE', `${name}: not valid JSON`, {}, error)
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readBytes(json: Json, key: string, name: string): Uint8Array {
  const value = json[key]
  if (typeof value === 'string' && value.startsWith('0x')) {
    try {
      return hexToBytes(value)
    } catch (error) {
      throw new BadFixture('BAD_FIXTURE', `${name}: ${key} is not hex`, {}, error)
    }
  }
  throw new BadFixture('BAD_FIXTURE', `${name}: ${key} is missing or not 0x hex`)
}

function readNumber(json: Json, key: string, name: string): number {
  const value = json[key]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new BadFixture('BAD_FIXTURE', `${name}: ${key} is missing or not a number`)
}
