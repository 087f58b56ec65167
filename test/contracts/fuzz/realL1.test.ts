import { erc20Abi, type Hex, parseEventLogs } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { l1Messenger } from '../../../genesis/generated/L1Messenger.ts'
import { l1TokenBridge } from '../../../genesis/generated/L1TokenBridge.ts'
import { l2TokenBridge } from '../../../genesis/generated/L2TokenBridge.ts'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { L2_DEV_BALANCE } from '../../../genesis/parameters.ts'
import { compile } from '../../compile.ts'
import {
  type Client,
  clientFor,
  deposit,
  type ProofAnswer,
  rpc,
  succeeded,
  until,
  withdraw,
} from '../../e2e/clients.ts'
import { startTestDevnet, type TestDevnet } from '../../e2e/devnet.ts'
import { createRandom, type Random } from './random.ts'

const FULL = process.env.REENACT_FULL === '1'
const CALLS = FULL ? 500 : 40
const SEED = 8079
const BACKING = 11n * L2_DEV_BALANCE
const PREMINT = 10n ** 27n

let devnet: TestDevnet
let l1: Client
let l2: Client
/** sends nothing but forced transactions: they take nonces away from others */
let forcer: Client
/** deployed on L1; its counterpart on L2 */
let token: Hex
let clone: Hex
/** calls made, and what of them succeeded */
const tally = new Map<string, number>()
const count = (what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)

beforeAll(async () => {
  devnet = await startTestDevnet()
  l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 1)
  l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 1)
  forcer = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 4)
  const { PlainToken } = compile({ PlainToken: 'test/contracts/Tokens.sol' })
  const args = ['Gold', 'GLD', 18, 10n ** 30n]
  const created = await succeeded(
    l1,
    await l1.wallet.deployContract({ abi: PlainToken.abi, bytecode: PlainToken.creationCode, args }),
  )
  token = created.contractAddress ?? '0x'
  const bridge = devnet.deployment.l1.tokenBridge
  await succeeded(
    l1,
    await l1.wallet.writeContract({
      address: token,
      abi: erc20Abi,
      functionName: 'approve',
      args: [bridge, 2n ** 255n],
    }),
  )
  const { tokenBridge } = devnet.deployment.l2
  clone = await l2.reader.readContract({
    address: tokenBridge,
    abi: l2TokenBridge.abi,
    functionName: 'predictLocalToken',
    args: [token],
  })
}, 120_000)
afterAll(() => devnet?.close())

type Facts = { index: bigint; sender: Hex; to: Hex; value?: bigint; fee?: bigint }

/** All messages sent and delivered on a chain as it is now, from its logs. */
async function messagesOf(client: Client, address: Hex): Promise<{ sent: Facts[]; delivered: Facts[] }> {
  const logs = await client.reader.getLogs({ address, fromBlock: 0n })
  const of = (eventName: 'MessageSent' | 'MessageDelivered') =>
    parseEventLogs({ abi: l1Messenger.abi, logs, eventName }).map(({ args }) => args as Facts)
  return { sent: of('MessageSent'), delivered: of('MessageDelivered') }
}

const worth = ({ value = 0n, fee = 0n }: Facts): bigint => value + fee
const sum = (values: bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

/** Why the chains do not fit together, or undefined when they do. L2 may be behind a reorg of L1 for a moment. */
async function misfit(): Promise<string | undefined> {
  const { messenger } = devnet.deployment.l1
  const onL1 = await messagesOf(l1, messenger)
  const onL2 = await messagesOf(l2, devnet.deployment.l2.messenger)
  for (const [name, here, there] of [
    ['L1', onL1, onL2],
    ['L2', onL2, onL1],
  ] as const) {
    const indices = here.delivered.map(({ index }) => index)
    if (new Set(indices).size !== indices.length) return `delivered twice on ${name}: ${indices}`
    for (const { index, sender, to } of here.delivered) {
      const original = there.sent[Number(index)]
      if (original?.sender !== sender || original.to !== to)
        return `message ${index} was delivered on ${name}, not sent`
    }
  }
  const paid = sum(
    onL1.delivered.map(({ index }) => worth(onL2.sent[Number(index)] ?? { index, sender: '0x', to: '0x' })),
  )
  const books = BACKING + sum(onL1.sent.map(worth)) - paid
  const escrow = await l1.reader.getBalance({ address: messenger })
  if (escrow !== books) return `escrow of ${escrow}, expected ${books}`
  const came = sum(
    onL2.delivered.map(({ index }) => worth(onL1.sent[Number(index)] ?? { index, sender: '0x', to: '0x' })),
  )
  const reserve = await l2.reader.getBalance({ address: devnet.deployment.l2.messenger })
  const expected = PREMINT - came + sum(onL2.sent.map(worth))
  if (reserve !== expected) return `reserve of ${reserve}, expected ${expected}`
  return undefined
}

/** Fits at one moment soon. */
async function check(): Promise<void> {
  let last: string | undefined
  await until('both chains to fit together', async () => {
    last = await misfit()
    return last === undefined ? true : undefined
  }).catch((cause: unknown) => {
    throw new Error(last, { cause })
  })
}

/** Sends what has to fail; gas is given, so that nobody refuses it before. */
async function refused(to: Hex, data: Hex): Promise<void> {
  // More than the floor of the longest calldata here.
  const hash = await l1.wallet.sendTransaction({ to, data, gas: 12_000_000n })
  const { status } = await l1.reader.waitForTransactionReceipt({ hash })
  expect(status).toBe('reverted')
}

type Status = { l1Head: { hash: Hex }; queue: { deposits: Hex; blocksToSettle: Hex } }
type Withdrawal = { status: string; l2TxHash: Hex; message: { index: Hex } }

/** What can be claimed, once L2 has read all of L1: before, it may name what is claimed or no longer settled. */
async function ready(): Promise<Withdrawal[]> {
  await until('L2 to have read L1', async () => {
    const { l1Head } = await rpc<Status>(l2, 'rollup_status', [])
    return l1Head.hash === (await l1.reader.getBlock()).hash ? true : undefined
  })
  const all = await rpc<Withdrawal[]>(l2, 'rollup_getWithdrawals', [{}])
  return all.filter(({ status }) => status === 'ready-to-claim')
}

async function claimOne(random: Random): Promise<void> {
  const one = random.pickMaybe(await ready())
  if (one === undefined) return
  const answer = await rpc<ProofAnswer | ProofAnswer[]>(l2, 'rollup_getWithdrawalProof', [one.l2TxHash])
  const proof = Array.isArray(answer) ? answer[0] : answer
  if (proof === undefined) return
  // One byte of the calldata changed: a message, a path or a proof that is none.
  const at = 10 + 2 * random.int((proof.calldata.length - 10) / 2)
  const changed = ((Number.parseInt(proof.calldata.slice(at, at + 2), 16) + 1) & 0xff).toString(16).padStart(2, '0')
  if (random.chance(0.4)) {
    // The fee's receiver may be anybody, and so may what lies between the arguments.
    const data = `${proof.calldata.slice(0, at)}${changed}${proof.calldata.slice(at + 2)}` as Hex
    const hash = await l1.wallet.sendTransaction({ to: proof.to, data, gas: 3_000_000n })
    await l1.reader.waitForTransactionReceipt({ hash })
    count('changed claims')
    return
  }
  await succeeded(l1, await l1.wallet.sendTransaction({ to: proof.to, data: proof.calldata, gas: 5_000_000n }))
  count('claims')
  if (random.chance(0.5)) await refused(proof.to, proof.calldata)
}

const send = async (client: Client, to: Hex, value: bigint) =>
  succeeded(client, await client.wallet.sendTransaction({ to, value }))

const MOVES: Record<string, [weight: number, run: (random: Random) => Promise<void>]> = {
  deposits: [
    8,
    async (random) => {
      await deposit(l1, devnet.deployment, random.pick(DEV_ADDRESSES), BigInt(random.between(1, 10 ** 9)))
    },
  ],
  withdrawals: [
    8,
    async (random) => {
      await withdraw(l2, devnet.deployment, random.pick(DEV_ADDRESSES), BigInt(random.between(1, 10 ** 9)))
    },
  ],
  claiming: [8, claimOne],
  'transfers on L2': [
    4,
    async (random) => void (await send(l2, random.pick(DEV_ADDRESSES), BigInt(random.int(1_000)))),
  ],
  'token deposits': [
    4,
    async (random) => {
      const { tokenBridge } = devnet.deployment.l1
      const args = [token, l2.account.address, BigInt(random.between(1, 1_000)), 0n] as const
      await succeeded(
        l1,
        await l1.wallet.writeContract({ address: tokenBridge, abi: l1TokenBridge.abi, functionName: 'deposit', args }),
      )
    },
  ],
  'token withdrawals': [
    3,
    async (random) => {
      const held = await balanceOf(l2, clone, l2.account.address)
      if (held === 0n) return
      const { tokenBridge } = devnet.deployment.l2
      const args = [clone, random.pick(DEV_ADDRESSES), (held + 1n) / 2n, 0n] as const
      await succeeded(
        l2,
        await l2.wallet.writeContract({ address: tokenBridge, abi: l2TokenBridge.abi, functionName: 'withdraw', args }),
      )
    },
  ],
  'forced transactions': [
    3,
    async (random) => {
      const nonce = await l2.reader.getTransactionCount({ address: forcer.account.address })
      const request = {
        to: DEV_ADDRESSES[3],
        value: 1n,
        nonce,
        gas: 50_000n,
        maxFeePerGas: 10n ** 11n,
        maxPriorityFeePerGas: 1n,
      } as const
      const valid = await forcer.account.signTransaction({ ...request, chainId: l2.chain.id, type: 'eip1559' })
      const tx: Hex = random.chance(0.7) ? valid : `0x02${Buffer.from(random.bytes(60)).toString('hex')}`
      const { rollup } = devnet.deployment.l1
      const value = await l1.reader.readContract({
        address: rollup,
        abi: nativeRollup.abi,
        functionName: 'FORCED_BOND',
      })
      await succeeded(
        l1,
        await l1.wallet.writeContract({
          address: rollup,
          abi: nativeRollup.abi,
          functionName: 'forceTransaction',
          args: [tx],
          value,
        }),
      )
    },
  ],
  'old blocks settled again': [
    2,
    async () => {
      const { rollup } = devnet.deployment.l1
      const events = await l1.reader.getContractEvents({
        address: rollup,
        abi: nativeRollup.abi,
        eventName: 'BlockAdvanced',
        fromBlock: 0n,
      })
      const last = events.at(-1)
      if (last === undefined) return
      const { input } = await l1.reader.getTransaction({ hash: last.transactionHash })
      await refused(rollup, input)
    },
  ],
  'time on L1': [2, async (random) => void (await rpc(l1, 'evm_increaseTime', [random.pick([10, 100, 1_000])]))],
  'reorgs of L1': [
    1.2,
    async (random) => {
      const id = await rpc(l1, 'evm_snapshot', [])
      for (let i = random.between(1, 3); i > 0; i--) {
        await deposit(l1, devnet.deployment, random.pick(DEV_ADDRESSES), 5n)
        await claimOne(random)
      }
      expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
      await check()
    },
  ],
}

const balanceOf = (client: Client, address: Hex, holder: Hex): Promise<bigint> =>
  client.reader.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [holder] }).catch(() => 0n)

function pickMove(random: Random): string {
  const names = Object.keys(MOVES)
  let at = (random.int(2 ** 20) / 2 ** 20) * names.reduce((total, name) => total + (MOVES[name]?.[0] ?? 0), 0)
  for (const name of names) {
    at -= MOVES[name]?.[0] ?? 0
    if (at < 0) return name
  }
  return 'deposits'
}

/** Everything on its way arrives: deposits by the sequencer, withdrawals by claims; and the books are even. */
async function drain(): Promise<void> {
  // A block more, so that what was sent last is under a settled root.
  await send(l2, DEV_ADDRESSES[2], 1n)
  let status: Status | undefined
  await until(
    'everything to be settled and delivered on L2',
    async () => {
      status = await rpc<Status>(l2, 'rollup_status', [])
      const { deposits, blocksToSettle } = status.queue
      return BigInt(deposits) === 0n && BigInt(blocksToSettle) === 0n ? true : undefined
    },
    60_000,
  ).catch((cause: unknown) => {
    throw new Error(`not quiet: ${JSON.stringify(status)}`, { cause })
  })
  for (const { l2TxHash } of await ready()) {
    const answer = await rpc<ProofAnswer | ProofAnswer[]>(l2, 'rollup_getWithdrawalProof', [l2TxHash])
    for (const { to, calldata } of Array.isArray(answer) ? answer : [answer]) {
      await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata, gas: 5_000_000n }))
    }
  }
  const onL1 = await messagesOf(l1, devnet.deployment.l1.messenger)
  const onL2 = await messagesOf(l2, devnet.deployment.l2.messenger)
  expect(onL2.delivered.length).toBe(onL1.sent.length)
  expect(onL1.delivered.length).toBe(onL2.sent.length)
  const escrowed = await l1.reader.readContract({
    address: devnet.deployment.l1.tokenBridge,
    abi: l1TokenBridge.abi,
    functionName: 'escrowed',
    args: [token],
  })
  expect(await balanceOf(l1, token, devnet.deployment.l1.tokenBridge)).toBe(escrowed)
  expect(
    await l2.reader.readContract({ address: clone, abi: erc20Abi, functionName: 'totalSupply' }).catch(() => 0n),
  ).toBe(escrowed)
}

describe('on L1 with EXECUTE itself', () => {
  it(
    `${CALLS} random calls leave nothing owed, nothing delivered twice, and everything claimable`,
    async () => {
      const random = createRandom(SEED)
      for (let i = 0; i < CALLS; i++) {
        const name = pickMove(random)
        try {
          await MOVES[name]?.[1](random)
        } catch (cause) {
          throw new Error(`call ${i}, ${name}`, { cause })
        }
        count(name)
        if (i % 5 === 0) await check()
      }
      await drain()
      await check()
      for (const what of ['deposits', 'withdrawals', 'claims', 'token deposits', 'reorgs of L1']) {
        expect(tally.get(what), what).toBeGreaterThan(0)
      }
    },
    FULL ? 900_000 : 120_000,
  )
})
