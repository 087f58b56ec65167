import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask } from '../../load/ask.ts'
import { foundryBinary } from './foundryBinary.ts'
import { hardhatCommand } from './hardhatCommand.ts'
import { freePorts } from './nodeProcess.ts'

const COMMAND = fileURLToPath(new URL('../../bin/reenact.js', import.meta.url))
const START_TIMEOUT_MS = 30_000

export const CHAIN_ID = 31_337
export const GAS_LIMIT = 60_000_000
/** The newest whose blocks call no contracts: with those, anvil takes minutes to make 10,000. */
const FORK = 'shanghai'

/** A server under test. */
export type Peer = { readonly name: string; readonly url: string; stop(): Promise<void> }

/** Our L1 node on a chain with one rich account; blocks are made when they are asked for. `nodeFlags` go to Node. */
export async function startReenact(account: string, nodeFlags: readonly string[] = []): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'reenact-bench-'))
  const file = join(folder, 'genesis.json')
  writeFileSync(file, JSON.stringify(genesis(account)))
  const [port] = await freePorts()
  const flags = ['l1', '--genesis', file, '--port', `${port}`, '--log-level', 'warn']
  const child = spawn(process.execPath, [...nodeFlags, COMMAND, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] })
  const peer = await peerOf('reenact', child, port)
  return {
    ...peer,
    stop: async () => {
      await peer.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** anvil with the same account (its first one); undefined where its package has no binary for this machine. */
export async function startAnvil(): Promise<Peer | undefined> {
  const binary = foundryBinary('anvil')
  if (binary === undefined) return undefined
  const [port] = await freePorts()
  const flags = ['--port', `${port}`, '--chain-id', `${CHAIN_ID}`, '--gas-limit', `${GAS_LIMIT}`, '--hardfork', FORK]
  const child = spawn(binary, [...flags, '--silent'], { stdio: ['ignore', 'ignore', 'inherit'] })
  return peerOf('anvil', child, port)
}

/** Hardhat 3 with the same account (its first one too); undefined where bench/peers has not been installed. */
export async function startHardhat(): Promise<Peer | undefined> {
  const found = hardhatCommand()
  if (found === undefined) return undefined
  const [port] = await freePorts()
  const settings = JSON.stringify({ chainId: CHAIN_ID, gasLimit: GAS_LIMIT, hardfork: FORK })
  const child = spawn(found.node, [found.server, `${port}`, settings], {
    cwd: found.folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
  })
  return peerOf('hardhat', child, port)
}

async function peerOf(name: string, child: ChildProcess, port: number): Promise<Peer> {
  const url = `http://127.0.0.1:${port}`
  // Nothing of a bench that fails may stay behind.
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = once(child, 'exit')
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    if (performance.now() > deadline) throw new Error(`${name} does not answer`)
    try {
      await ask(url, 'eth_chainId', [])
      break
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return {
    name,
    url,
    stop: async () => {
      process.removeListener('exit', killWithUs)
      child.kill('SIGTERM')
      await ended
    },
  }
}

function genesis(account: string) {
  const blocks = [
    'homestead',
    'eip150',
    'eip155',
    'eip158',
    'byzantium',
    'constantinople',
    'petersburg',
    'istanbul',
    'berlin',
    'london',
    'mergeNetsplit',
  ]
  return {
    config: {
      chainId: CHAIN_ID,
      ...Object.fromEntries(blocks.map((fork) => [`${fork}Block`, 0])),
      terminalTotalDifficulty: 0,
      [`${FORK}Time`]: 0,
    },
    difficulty: '0x0',
    gasLimit: `0x${GAS_LIMIT.toString(16)}`,
    baseFeePerGas: '0x3b9aca00',
    timestamp: '0x65000000',
    alloc: { [account]: { balance: `0x${(10n ** 22n).toString(16)}` } },
  }
}
