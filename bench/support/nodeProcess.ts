import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RollupDeployment } from '../../genesis/types.ts'

const COMMAND = fileURLToPath(new URL('../../bin/reenact.js', import.meta.url))

/** Milliseconds since the process was spawned. */
export type StartTimes = { ready: number; l1Answer: number; l2Answer: number }

/** One line that the node logged, as JSON. */
export type LogLine = { event: string; room?: string; time: number } & Record<string, unknown>

export type BenchNode = {
  readonly pid: number
  readonly l1Url: string
  readonly l2Url: string
  readonly deployment: RollupDeployment
  readonly startTimes: StartTimes
  /** ends the node as a user would and waits for it; throws when it does not end cleanly */
  stop(): Promise<void>
}

export type BenchNodeOptions = {
  /** further flags of the command */
  argv?: readonly string[]
  /** flags of Node itself, for profiles */
  nodeFlags?: readonly string[]
  logLevel?: 'debug' | 'info' | 'warn'
  onLog?: (line: LogLine) => void
}

/** Starts the devnet command on free ports, as a user does, and waits until it is ready and both RPCs have answered. */
export async function startBenchNode(options: BenchNodeOptions = {}): Promise<BenchNode> {
  const [l1Port, l2Port] = await freePorts()
  const l1Url = `http://127.0.0.1:${l1Port}`
  const l2Url = `http://127.0.0.1:${l2Port}`
  const flags = [
    '--l1-port',
    `${l1Port}`,
    '--l2-port',
    `${l2Port}`,
    '--json',
    '--log-level',
    options.logLevel ?? 'warn',
  ]
  const spawnedAt = performance.now()
  const elapsed = () => performance.now() - spawnedAt
  const argv = [...(options.nodeFlags ?? []), COMMAND, ...flags, ...(options.argv ?? [])]
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  // Nothing of a bench that fails may stay behind.
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = once(child, 'close')
  void ended.then(([code]) => {
    if (code !== 0) console.error(`the node ended with ${code}`)
  })
  createInterface(child.stderr).on('line', (line) => readLog(line, options.onLog))
  const printed = createInterface(child.stdout)
  const summary = once(printed, 'line').then(([line]) => JSON.parse(String(line)) as Summary)
  const ready = new Promise<number>((resolve) => {
    printed.on('line', (line) => {
      if (line.startsWith('ready ')) resolve(elapsed())
    })
  })
  const over = ended.then(() => Promise.reject(new Error('the node ended before it was ready')))
  over.catch(() => {})
  const answer = async (url: string): Promise<number> => {
    await firstAnswer(url)
    return elapsed()
  }
  const started = Promise.all([ready, answer(l1Url), answer(l2Url), summary])
  const [readyAt, l1Answer, l2Answer, { rollups }] = await Promise.race([started, over])
  const [rollup] = rollups
  if (rollup === undefined) throw new Error('the devnet has no rollup')
  if (child.pid === undefined) throw new Error('the node did not start')
  return {
    pid: child.pid,
    l1Url,
    l2Url,
    deployment: rollup.deployment,
    startTimes: { ready: readyAt, l1Answer, l2Answer },
    async stop() {
      process.removeListener('exit', killWithUs)
      child.kill('SIGTERM')
      const [code] = await ended
      if (code !== 0) throw new Error(`the node ended with ${code}`)
    },
  }
}

type Summary = { rollups: { deployment: RollupDeployment }[] }

function readLog(line: string, onLog: BenchNodeOptions['onLog']): void {
  if (!line.startsWith('{')) {
    console.error(line)
    return
  }
  const entry = JSON.parse(line) as LogLine & { level: number }
  if (entry.level >= 40) console.error(line)
  onLog?.(entry)
}

/** Asks until something answers; the node that was just spawned ends this by listening. */
async function firstAnswer(url: string): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] })
  for (;;) {
    try {
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      if (response.ok) return
    } catch {
      // nobody listens yet
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const ports = servers.map(async (server) => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  const [first = 0, second = 0] = await Promise.all(ports)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return [first, second]
}
