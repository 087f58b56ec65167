// Starts the node on DIR/genesis.json and DIR/chain.rlp, replays every case of DIR and compares: see docs/conformance.md.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Case, readCases } from './cases.ts'
import { replay } from './replay.ts'
import { resultSchemas } from './schema.ts'

const COMMAND = fileURLToPath(new URL('../../bin/reenact.js', import.meta.url))
const MAX_DIFFERENCES = 10
const NEEDED = ['genesis.json', 'chain.rlp', 'openrpc.json']

const [folder, only = '', ...rest] = process.argv.slice(2)
if (folder === undefined || rest.length > 0) usage('usage: npm run conformance:rpc -- DIR [part of the names of cases]')
const missing = NEEDED.filter((file) => !existsSync(join(folder, file)))
if (missing.length > 0) usage(`${folder} has no ${missing.join(', ')}`)
const cases = readCases(folder).filter(({ name }) => name.includes(only))
if (cases.length === 0) usage(`no case in ${folder}${only === '' ? '' : ` is called ${only}`}`)

const node = startNode(folder)
try {
  process.exitCode = (await replayAll(await readyUrl(node), cases)) === 0 ? 0 : 1
} finally {
  node.kill()
  await once(node, 'close')
}

function usage(text: string): never {
  console.error(text)
  process.exit(2)
}

/** A fresh node each time: transactions that a case sends stay in the pool. */
function startNode(dir: string): ChildProcess {
  const chain = ['--genesis', join(dir, 'genesis.json'), '--import', join(dir, 'chain.rlp')]
  const argv = [COMMAND, 'l1', ...chain, '--no-mining', '--port', '0', '--log-level', 'warn']
  return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function readyUrl({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the output of the node is not piped')
  for await (const line of createInterface(stdout)) {
    const url = /^ready l1=(\S+)/.exec(line)?.[1]
    if (url !== undefined) {
      stdout.resume()
      return url
    }
  }
  throw new Error('the node ended before it was ready')
}

/** Prints what failed and a table by method; gives the number of failures. */
async function replayAll(url: string, selected: readonly Case[]): Promise<number> {
  const schemas = resultSchemas(readFileSync(join(folder ?? '', 'openrpc.json'), 'utf8'))
  const counts = new Map<string, { passed: number; failed: number }>()
  for (const tested of selected) {
    const faults = await replay(url, tested, schemas)
    const count = counts.get(tested.method) ?? { passed: 0, failed: 0 }
    counts.set(tested.method, count)
    count[faults.length === 0 ? 'passed' : 'failed']++
    if (faults.length > 0) report(tested, faults)
  }
  for (const [method, { passed, failed }] of counts) {
    console.log(`${method.padEnd(42)} ${`${passed}`.padStart(4)} passed ${`${failed}`.padStart(4)} failed`)
  }
  const failed = [...counts.values()].reduce((sum, count) => sum + count.failed, 0)
  console.log(`${selected.length - failed} passed, ${failed} failed`)
  return failed
}

function report({ name, formOnly }: Case, faults: readonly string[]): void {
  console.log(`FAIL ${name}${formOnly ? ' (form only)' : ''}`)
  for (const fault of faults.slice(0, MAX_DIFFERENCES)) console.log(`     ${fault}`)
  if (faults.length > MAX_DIFFERENCES) console.log(`     and ${faults.length - MAX_DIFFERENCES} more differences`)
}
