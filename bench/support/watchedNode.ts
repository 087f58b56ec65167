import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ask } from '../../load/ask.ts'
import type { LongTurn } from './loopWatch.ts'
import { freePorts } from './nodeProcess.ts'

const COMMAND = fileURLToPath(new URL('../../bin/reenact.js', import.meta.url))
const WATCH = new URL('./loopWatch.js', import.meta.url).href
const START_TIMEOUT_MS = 30_000

/** An L1 node whose event loop is watched from inside. */
export type WatchedNode = {
  readonly url: string
  readonly pid: number
  /** long turns since the last time that this was asked */
  longTurns(): Promise<LongTurn[]>
  stop(): Promise<void>
}

/** The l1 command on its own genesis; `nodeFlags` go to Node, `argv` to the command. */
export async function startWatchedNode(
  nodeFlags: readonly string[],
  argv: readonly string[] = [],
): Promise<WatchedNode> {
  const [port] = await freePorts()
  const flags = [...nodeFlags, '--import', WATCH, COMMAND, 'l1', '--port', `${port}`, '--log-level', 'warn', ...argv]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  // Nothing of a bench that fails may stay behind.
  const killWithUs = () => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = once(child, 'exit')
  const url = `http://127.0.0.1:${port}`
  await answering(url, child)
  return {
    url,
    pid: child.pid ?? 0,
    async longTurns() {
      child.send('report')
      const [turns] = await once(child, 'message')
      return turns as LongTurn[]
    },
    async stop() {
      process.removeListener('exit', killWithUs)
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`)
    if (performance.now() > deadline) throw new Error('the node does not answer')
    try {
      await ask(url, 'eth_chainId', [])
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
