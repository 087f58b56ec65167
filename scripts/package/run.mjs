// Child processes of the package check: what they print is kept, and shown when they fail.
import { spawn } from 'node:child_process'

const TIMEOUT_MS = 300_000

/**
 * Runs a command to its end.
 *
 * @returns {Promise<{ stdout: string, stderr: string }>}
 * @throws Error with all that it printed, when it fails or does not end in time
 */
export async function run(command, args, { cwd, env = process.env, timeoutMs = TIMEOUT_MS }) {
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    shell: process.platform === 'win32',
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text
    })
  }
  const [status, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...end) => resolve(end))
  })
  if (status === 0) return output
  const how = signal === null ? `ended with ${status}` : `was stopped after ${timeoutMs / 1000} s (${signal})`
  throw new Error(`${command} ${args.join(' ')} ${how}\n${output.stdout}${output.stderr}`.trimEnd())
}

/** Runs `work` for every item, at most `width` at once; the order of results is that of items. */
export async function inParallel(width, items, work) {
  const results = []
  const waiting = [...items.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
