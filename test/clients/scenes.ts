import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FIRST_L2_CHAIN_ID, L1_CHAIN_ID } from '../../genesis/parameters.ts'
import type { Clock } from '../../node/types.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { probeArtifact } from '../rpc/devNode.ts'

export type Layer = 'L1' | 'L2'
export type TransportName = 'HTTP' | 'HTTP batch' | 'WebSocket'

/** Where a library is tried: one chain of a running devnet over one transport. */
export type Scene = {
  readonly layer: Layer
  readonly transport: TransportName
  readonly chainId: number
  readonly httpUrl: string
  readonly wsUrl: string
}

/** One line of a library's table. `Tools` is what the library brings to a scene: its client, signers, a contract. */
export type Check<Tools> = {
  readonly name: string
  run(tools: Tools): Promise<unknown>
  /** left out elsewhere */
  readonly layer?: Layer
  readonly transport?: TransportName
}

/**
 * A block is at least a second later than its parent and L2 never runs far ahead of its clock, so that with the usual one
 * a row of instant blocks would wait.
 */
const hastyClock: Clock = { nowMs: () => Date.now() + performance.now() * 100 }

const LAYERS: readonly Layer[] = ['L1', 'L2']
const TRANSPORTS: readonly TransportName[] = ['HTTP', 'HTTP batch', 'WebSocket']

/** What a library brings to each scene, and on which transports it can be used at all. */
export type Library<Tools> = {
  open(scene: Scene): Promise<Tools>
  close(tools: Tools | undefined): Promise<void> | void
  transports?: readonly TransportName[]
}

/** Runs a table on both chains of one devnet over every transport; a failing line has its own name. */
export function runEverywhere<Tools>(
  library: string,
  { open, close, transports = TRANSPORTS }: Library<Tools>,
  checks: readonly Check<Tools>[],
): void {
  let devnet: TestDevnet
  beforeAll(async () => {
    // Compiled here, so that no check's own time is spent on it.
    probeArtifact()
    // Settlements would seal L1 blocks between the steps of a check.
    devnet = await startTestDevnet({ options: { settle: false }, clock: hastyClock })
  })
  afterAll(() => devnet?.close())

  const places = LAYERS.flatMap((layer) => transports.map((transport) => ({ layer, transport })))
  for (const { layer, transport } of places)
    describe(`${library} over ${transport} on ${layer}`, () => {
      let tools: Tools | undefined
      beforeAll(async () => {
        const httpUrl = layer === 'L1' ? devnet.l1Url : devnet.l2Url
        const chainId = layer === 'L1' ? L1_CHAIN_ID : FIRST_L2_CHAIN_ID
        tools = await open({ layer, transport, chainId, httpUrl, wsUrl: httpUrl.replace('http', 'ws') })
      })
      afterAll(() => close(tools))
      for (const check of checks) {
        if ((check.layer ?? layer) !== layer || (check.transport ?? transport) !== transport) continue
        test(check.name, () => check.run(tools as Tools) as Promise<void>)
      }
    })
}

/** What a promise fails with. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return outcome.error as Error
  return expect.fail(`no failure, but ${String(outcome.value)}`)
}

const MAX_STEPS = 100

/** Resolves when `isDone` holds; asks after every turn of `step`. */
export async function stepUntil(isDone: () => boolean, step: () => Promise<unknown>): Promise<void> {
  for (let steps = 0; !isDone(); steps++) {
    if (steps > MAX_STEPS) expect.fail(`nothing was seen after ${MAX_STEPS} steps`)
    await step()
  }
}

let addresses = 0
/** An address that nobody has used yet. */
export const freshAddress = (): `0x${string}` => `0x5afe${(++addresses).toString(16).padStart(36, '0')}`
