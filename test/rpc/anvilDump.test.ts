import { type ChildProcess, spawn } from 'node:child_process'
import { toHex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { foundryBinary } from '../../bench/support/foundryBinary.ts'
import { accessTo } from '../e2e/chainAccess.ts'
import { startDevToolsNode } from './devToolsNode.ts'

const STRANGER = '0x00000000000000000000000000000000000abcde'
const WORD = toHex(42n, { size: 32 })

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** The real anvil on a port of its choice; undefined where its package for this platform is not installed. */
async function startAnvil(): Promise<string | undefined> {
  const binary = foundryBinary('anvil')
  if (binary === undefined) return undefined
  const child: ChildProcess = spawn(binary, ['--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] })
  closers.push(() => child.kill())
  let printed = ''
  for await (const chunk of child.stdout ?? []) {
    printed += String(chunk)
    const found = /Listening on ([\d.]+:\d+)/.exec(printed)
    if (found) return `http://${found[1]}`
  }
  throw new Error(`anvil ended: ${printed}`)
}

describe('state dumps', () => {
  it('go from this node to anvil and back', async (context) => {
    const url = await startAnvil()
    if (url === undefined) return context.skip('anvil is not installed')
    const node = await startDevToolsNode()
    closers.push(node.close)
    const [ours, anvil] = [accessTo(node.server.url), accessTo(url)]
    await ours.call('anvil_setBalance', [STRANGER, '0x64'])
    await ours.call('anvil_setCode', [STRANGER, '0x60016000'])
    await ours.call('anvil_setStorageAt', [STRANGER, '0x1', WORD])
    expect(await anvil.call('anvil_loadState', [await ours.call('anvil_dumpState')])).toBe(true)
    expect(await anvil.call('eth_getBalance', [STRANGER, 'latest'])).toBe('0x64')
    expect(await anvil.call('eth_getCode', [STRANGER, 'latest'])).toBe('0x60016000')
    expect(await anvil.call('eth_getStorageAt', [STRANGER, '0x1', 'latest'])).toBe(WORD)
    await anvil.call('evm_mine')
    await anvil.call('anvil_setBalance', [STRANGER, '0x65'])
    await anvil.call('anvil_setNonce', [STRANGER, '0x9'])
    expect(await ours.call('anvil_loadState', [await anvil.call('anvil_dumpState')])).toBe(true)
    expect(await ours.call('eth_getBalance', [STRANGER, 'latest'])).toBe('0x65')
    expect(await ours.call('eth_getTransactionCount', [STRANGER, 'latest'])).toBe('0x9')
    expect(await ours.call('eth_getStorageAt', [STRANGER, '0x1', 'latest'])).toBe(WORD)
  })
})
