import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../dist/bin/reenact.js', import.meta.url))

export type NodeProcess = {
  child: ChildProcess
  /** everything printed so far */
  output(): string
  errors(): string
  /** resolves with the first line that starts with `prefix`; fails when the process ends before */
  line(prefix: string): Promise<string>
  /** exit code, or the signal that ended it */
  ended: Promise<number | NodeJS.Signals>
}

export type ProcessSetup = { env?: Record<string, string>; cwd?: string }

/** Starts the built command as a user does. Whoever starts it ends it. */
export function startProcess(argv: readonly string[], { env, cwd }: ProcessSetup = {}): NodeProcess {
  const child = spawn(process.execPath, [COMMAND, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  let output = ''
  let errors = ''
  const waiting = new Set<() => void>()
  const look = () => {
    for (const check of waiting) check()
  }
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    look()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  let over = false
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => {
      over = true
      look()
      resolve(code ?? signal ?? -1)
    })
  })
  const line = (prefix: string) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const found = output.split('\n').find((text, index, all) => text.startsWith(prefix) && index < all.length - 1)
        if (found === undefined && !over) return
        waiting.delete(check)
        if (found !== undefined) resolve(found)
        else reject(new Error(`ended without "${prefix}":\n${output}\n${errors}`))
      }
      waiting.add(check)
      check()
    })
  return { child, output: () => output, errors: () => errors, line, ended }
}

/** The URLs of a ready line. */
export function readyUrls(line: string): { l1: string; l2: string } {
  const [, l1 = '', l2 = ''] = /^ready l1=(\S+) l2=([^\s,]+)/.exec(line) ?? []
  return { l1, l2 }
}

/** Runs the command to its end. */
export async function runToEnd(
  argv: readonly string[],
  input?: string | Uint8Array,
  setup: ProcessSetup = {},
): Promise<{ exit: number | NodeJS.Signals; output: string; errors: string }> {
  const node = startProcess(argv, setup)
  node.child.stdin?.end(input)
  const exit = await node.ended
  return { exit, output: node.output(), errors: node.errors() }
}
