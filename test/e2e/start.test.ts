import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES, DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { type NodeProcess, readyUrls, runToEnd, startProcess } from './process.ts'

const FREE = ['--l1-port', '0', '--l2-port', '0']
const L2 = ['l2', '--l1', 'http://127.0.0.1:1', '--rollup', `0x${'11'.repeat(20)}`, '--genesis', 'g']
const newFolder = () => mkdtempSync(join(tmpdir(), 'reenact-start-'))

type Answer = { result: unknown; error?: { code: number; message: string } }

const ask = async (url: string, method: string, params: unknown[] = []) => (await answer(url, method, params)).result

async function refusal(url: string, method: string): Promise<string> {
  const { error } = await answer(url, method, [])
  return `${error?.code} ${error?.message}`
}

async function answer(url: string, method: string, params: unknown[]): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  return (await response.json()) as Answer
}

describe('reenact as a process', () => {
  const running: NodeProcess[] = []
  const start = (argv: string[]): NodeProcess => {
    const node = startProcess(argv)
    running.push(node)
    return node
  }
  afterEach(async () => {
    for (const node of running.splice(0)) {
      node.child.kill('SIGKILL')
      await node.ended
    }
  })

  it('prints the banner and the ready line, answers on both chains, and ends with 0 on SIGTERM', async () => {
    const node = start(FREE)
    const { l1, l2 } = readyUrls(await node.line('ready '))
    expect(await ask(l1, 'eth_chainId')).toBe('0x469f')
    expect(await ask(l2, 'eth_chainId')).toBe('0x6daf')
    expect(await ask(l1, 'eth_getBalance', [DEV_ADDRESSES[0], 'latest'])).toBe(
      `0x${(10_000n * 10n ** 18n).toString(16)}`,
    )
    for (const url of [l1, l2])
      expect(await ask(url, 'rollup_config')).toMatchObject({ l1ChainId: '0x469f', l2ChainId: '0x6daf' })
    for (const text of [l1, l2, ...DEV_ADDRESSES, ...DEV_PRIVATE_KEYS, 'deposit:', 'withdraw:', 'claim:']) {
      expect(node.output()).toContain(text)
    }
    for (const url of [l1, l2]) expect((await fetch(`${url}/health`)).status).toBe(200)
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
  })

  it('tells the same as JSON with --json', async () => {
    const node = start([...FREE, '--json'])
    const ready = await node.line('ready ')
    const summary = JSON.parse(node.output().split('\n')[0] ?? '')
    expect(summary.l1Url).toBe(readyUrls(ready).l1)
    expect(summary.rollups[0].deployment.l2ChainId).toBe(28079)
  })

  it('runs --rollups of them, each on its own port', async () => {
    const node = start([...FREE, '--rollups', '3', '--json'])
    const [, urls = ''] = / l2=(\S+) /.exec(await node.line('ready ')) ?? []
    const { rollups } = JSON.parse(node.output().split('\n')[0] ?? '') as { rollups: { url: string }[] }
    expect(rollups.map(({ url }) => url)).toEqual(urls.split(','))
    expect(await Promise.all(urls.split(',').map((url) => ask(url, 'eth_chainId')))).toEqual([
      '0x6daf',
      '0x6db0',
      '0x6db1',
    ])
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
  })

  it('says one line about a taken port and leaves the other process alone', async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const address = blocker.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    for (const argv of [
      ['--l1-port', String(port), '--l2-port', '0'],
      ['--l1-port', '0', '--l2-port', String(port)],
      ['l1', '--port', String(port)],
    ]) {
      const { exit, errors } = await runToEnd([...argv, '--log-level', 'silent'])
      expect(exit).toBe(1)
      expect(errors.trim().split('\n')).toHaveLength(1)
      expect(errors).toContain(String(port))
    }
    expect(blocker.listening).toBe(true)
    await new Promise((resolve) => blocker.close(resolve))
  })

  it('says one line about a locked data directory', async () => {
    const folder = newFolder()
    const first = start([...FREE, '--data-dir', folder])
    const { l1 } = readyUrls(await first.line('ready '))
    const { exit, errors } = await runToEnd([...FREE, '--data-dir', folder, '--log-level', 'silent'])
    expect(exit).toBe(1)
    expect(errors.trim().split('\n')).toHaveLength(1)
    expect(errors).toContain('in use')
    expect(await ask(l1, 'eth_blockNumber')).toBe('0x0')
  })

  it('refuses a data directory of another chain, and a damaged genesis, with one line', async () => {
    const folder = newFolder()
    const first = start(['l1', '--port', '0', '--data-dir', folder])
    await first.line('ready ')
    first.child.kill('SIGTERM')
    await first.ended

    const other = join(newFolder(), 'other.json')
    const printed = await runToEnd(['genesis', 'l1', '--genesis-time', '1700000000'])
    writeFileSync(other, printed.output)
    const foreign = await runToEnd([
      'l1',
      '--port',
      '0',
      '--data-dir',
      folder,
      '--genesis',
      other,
      '--log-level',
      'silent',
    ])
    expect(foreign.exit).toBe(1)
    expect(foreign.errors.trim().split('\n')).toHaveLength(1)
    expect(foreign.errors).toContain('genesis')

    writeFileSync(join(folder, 'genesis.json'), '{')
    const damaged = await runToEnd([...FREE, '--data-dir', folder, '--log-level', 'silent'])
    expect(damaged.exit).toBe(2)
    expect(damaged.errors.trim().split('\n')).toHaveLength(1)
    expect(damaged.errors).toContain('genesis.json is damaged')
  })

  it.each([
    [['--l1-prot', '1'], 2, 'unknown flag: --l1-prot (did you mean --l1-port?)'],
    [['bridge'], 2, 'unknown command: bridge'],
    [['--l1-port', 'x'], 2, '--l1-port'],
    [['l1', '--genesis', 'no-such-file.json'], 2, 'ENOENT'],
    [['genesis', 'l3'], 2, 'takes l1 or l2'],
    [['verify'], 2, 'needs a FILE'],
    [
      ['l2', '--l1', 'http://127.0.0.1:1', '--rollup', `0x${'11'.repeat(20)}`, '--genesis', 'package.json'],
      2,
      'genesis',
    ],
    [[...L2, '--sequencer', 'http://127.0.0.1:1'], 2, '--sequencer goes with --follow'],
  ])('answers %j with exit %i and one line', async (argv, exit, said) => {
    const result = await runToEnd(
      [...argv, '--log-level', 'silent'].slice(
        0,
        argv[0] === 'verify' || argv[0] === 'genesis' ? argv.length : undefined,
      ),
    )
    expect(result.errors).toContain(said)
    expect(result.errors.trim().split('\n')).toHaveLength(1)
    expect(result.exit).toBe(exit)
  })

  it('says one line about an L2 genesis with a slot that is no number', async () => {
    const path = join(newFolder(), 'genesis.json')
    const messenger = { '0x8079000000000000000000000000000000000001': { storage: { zz: '0x1' } } }
    writeFileSync(path, JSON.stringify({ config: { chainId: 1 }, gasLimit: '0x1', alloc: messenger }))
    const rollup = `0x${'11'.repeat(20)}`
    const refused = await runToEnd([
      'l2',
      '--l1',
      'http://127.0.0.1:1',
      '--rollup',
      rollup,
      '--genesis',
      path,
      '--log-level',
      'silent',
    ])
    expect(refused.exit).toBe(2)
    expect(refused.errors.trim().split('\n')).toHaveLength(1)
  })

  it('prints the same genesis for the same time, and runs a separate L2 from it', async () => {
    const time = ['--genesis-time', '1700000000']
    const l1Genesis = await runToEnd(['genesis', 'l1', ...time])
    expect((await runToEnd(['genesis', 'l1', ...time])).output).toBe(l1Genesis.output)
    const l2Genesis = await runToEnd(['genesis', 'l2', ...time])
    const folder = newFolder()
    writeFileSync(join(folder, 'l1.json'), l1Genesis.output)
    writeFileSync(join(folder, 'l2.json'), l2Genesis.output)

    const l1 = start(['l1', '--port', '0', '--genesis', join(folder, 'l1.json')])
    const [, l1Url = ''] = /l1=(\S+)/.exec(await l1.line('ready ')) ?? []
    const devnet = start([...FREE, ...time])
    const { l2 } = readyUrls(await devnet.line('ready '))
    const config = (await ask(l2, 'rollup_config')) as { contracts: { l1: { rollup: string } } }

    const alone = ['l2', '--l1', l1Url, '--port', '0', '--genesis', join(folder, 'l2.json')]
    const node = start([...alone, '--rollup', config.contracts.l1.rollup])
    const [, l2Url = ''] = /l2=(\S+)/.exec(await node.line('ready ')) ?? []
    expect(await ask(l2Url, 'eth_chainId')).toBe('0x6daf')
    expect(await refusal(l1Url, 'rollup_status')).toMatch(/^-32601 rollup_status: this is an L1 node alone/)

    const follower = start([...alone, '--rollup', config.contracts.l1.rollup, '--follow'])
    const [, followerUrl = ''] = /l2=(\S+)/.exec(await follower.line('ready ')) ?? []
    expect(await refusal(followerUrl, 'rollup_settle')).toContain('this node follows the rollup')
    expect(await refusal(l2Url, 'rollup_settle')).toContain('--control-token')

    const wrong = await runToEnd([...alone, '--rollup', `0x${'11'.repeat(20)}`, '--log-level', 'silent'])
    expect(wrong.exit).toBe(1)
    expect(wrong.errors.trim().split('\n')).toHaveLength(1)
    expect(wrong.errors).toContain('no rollup contract')
  })
})
