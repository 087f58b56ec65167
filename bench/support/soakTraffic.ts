import { type Hex, numberToHex, pad } from 'viem'
import { WebSocket } from 'ws'
import { devAccount } from '../../genesis/accounts.ts'
import { ask } from '../../load/ask.ts'
import { type BenchClient, claimable, createBenchClient, deposit, succeeded, withdraw } from './bridge.ts'
import { createSender, deployContracts, type Load, type Sender, type Target } from './load.ts'
import type { BenchNode } from './nodeProcess.ts'

/** Accounts that get transfers and tokens; the state stops growing when all of them have some. */
const RECEIVERS = 500
const READ_PAUSE_MS = 100
const MESSAGE_PAUSE_MS = 2_000
/** An L2 block is run three times, L1's once: L1 is to have its blocks soon. */
const L2_PAUSE_MS = 200
/** Logs are asked for over so many of the newest blocks. */
const LOG_BLOCKS = 200n
/** After so many notifications a subscriber hangs up and comes back. */
const NOTIFICATIONS = 200
/** A filter is forgotten by its owner after so many questions; the node has to forget it too. */
const FILTER_POLLS = 50

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const receiver = (n: number): Hex => pad(numberToHex(0x1000 + (n % RECEIVERS)), { size: 20 })

/** Everything that goes on at the same time: on both chains, and between them. */
export async function soakTraffic(node: BenchNode): Promise<Load[]> {
  const { l1ChainId, l2ChainId } = node.deployment
  const l1: Target = { name: 'L1', url: node.l1Url, chainId: l1ChainId, heavyGas: 0n }
  const l2: Target = { name: 'L2', url: node.l2Url, chainId: l2ChainId, heavyGas: 0n }
  const chains = await Promise.all([l1, l2].map(chainTraffic))
  const client = ({ url, chainId }: Target) => createBenchClient(url, chainId, 3)
  return [...chains.flat(), messages(node, client(l1), client(l2))]
}

async function chainTraffic(target: Target): Promise<Load[]> {
  const [transfers, tokens] = await Promise.all([createSender(target, 0), createSender(target, 1)])
  const { token } = await deployContracts(transfers)
  const send = async (sender: Sender, call: Parameters<Sender['send']>[0]) => {
    await sender.mined(await sender.send(call))
    if (target.name === 'L2') await pause(L2_PAUSE_MS)
  }
  return [
    load(`${target.name} transfers`, (n) => send(transfers, { to: receiver(n), value: 1n, gas: 300_000n })),
    load(`${target.name} tokens`, (n) => send(tokens, { to: token, data: pad(receiver(n)), gas: 400_000n })),
    load(`${target.name} reads`, (n) => read(target, token, n)),
    load(`${target.name} subscriptions`, (_, signal) => subscribe(target, signal)),
    load(`${target.name} filters`, () => poll(target)),
  ]
}

async function read({ url }: Target, token: Hex, n: number): Promise<void> {
  const from = devAccount(9).address
  const call = { from, to: token, data: pad(receiver(n)) }
  const head = BigInt(await ask<Hex>(url, 'eth_blockNumber', []))
  const fromBlock = numberToHex(head > LOG_BLOCKS ? head - LOG_BLOCKS : 0n)
  await ask(url, 'eth_call', [call, 'latest'])
  await ask(url, 'eth_getBalance', [receiver(n), 'latest'])
  await ask(url, 'eth_getBlockByNumber', ['latest', true])
  await ask(url, 'eth_getLogs', [{ address: token, fromBlock, toBlock: 'latest' }])
  if (n % 10 === 0) await ask(url, 'eth_estimateGas', [call])
  // An old block with its receipts, so that caches see more than the head.
  const old = numberToHex((head * BigInt(n % 97)) / 97n)
  await ask(url, 'eth_getBlockReceipts', [old])
  await ask(url, 'eth_feeHistory', ['0x10', 'latest', [50]])
  await pause(READ_PAUSE_MS)
}

/** Blocks and logs over a connection of its own, until it hangs up in the middle of them. */
async function subscribe({ url }: Target, signal: AbortSignal): Promise<void> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  const hangUp = () => socket.terminate()
  // Without traffic there is nothing more to hear.
  signal.addEventListener('abort', hangUp)
  await new Promise<void>((resolve, reject) => {
    let heard = 0
    socket.on('error', reject)
    socket.on('close', () => {
      signal.removeEventListener('abort', hangUp)
      resolve()
    })
    socket.on('open', () => {
      for (const [id, params] of [['newHeads'], ['logs', {}], ['newPendingTransactions']].entries()) {
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_subscribe', params }))
      }
    })
    socket.on('message', () => {
      if (++heard === NOTIFICATIONS) hangUp()
    })
  })
}

async function poll({ url }: Target): Promise<void> {
  const ids = [await ask<Hex>(url, 'eth_newBlockFilter', []), await ask<Hex>(url, 'eth_newFilter', [{}])]
  for (let polls = 0; polls < FILTER_POLLS; polls++) {
    for (const id of ids) await ask(url, 'eth_getFilterChanges', [id])
    await pause(READ_PAUSE_MS)
  }
}

/** A deposit, a withdrawal, and its claim as soon as it is settled. */
function messages(node: BenchNode, l1: BenchClient, l2: BenchClient): Load {
  const user = l1.account.address
  return load('deposits, withdrawals and claims', async () => {
    await succeeded(l1, await deposit(l1, node.deployment, user, 2n))
    const hash = await withdraw(l2, node.deployment, user, 1n)
    await succeeded(l2, hash)
    const { to, calldata } = await claimable(l2, hash)
    await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
    await pause(MESSAGE_PAUSE_MS)
  })
}

function load(name: string, step: (n: number, signal: AbortSignal) => Promise<void>): Load {
  const running: Load = {
    name,
    done: 0,
    async run(signal) {
      for (; !signal.aborted; running.done++) await step(running.done, signal)
    },
  }
  return running
}
