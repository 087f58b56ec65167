import { encodeFunctionData, formatEther, getContractAddress, type LocalAccount, parseEther } from 'viem'
import { loadTarget } from '../genesis/generated/LoadTarget.ts'
import { weth9 } from '../genesis/generated/WETH9.ts'
import { ask, askMany } from './ask.ts'
import { LoadError } from './errors.ts'
import { accountsOf, type Call, createSender, type Sender, sendAll, signAll } from './sender.ts'
import { type ChainTarget, type Hex, WORK_KINDS, type WorkKind } from './types.ts'
import { mined } from './wait.ts'
import { type Place, PREPARED_SLOTS, RECIPIENTS, touch, workCall } from './work.ts'

/** on each chain */
export const SENDERS = 16
const FUNDS = parseEther('10')
const TOKENS = 10n ** 15n
/** New slots pay state gas; these stay under the gas limit of a block. */
const SLOTS_AT_ONCE = 256n
const TOUCH_NEW_GAS = 32_000_000n
const RECIPIENTS_AT_ONCE = 128
const ENDOW_GAS = 45_000_000n
const DEPLOY_GAS = 5_000_000n
/** also of an account that does not exist yet */
const FUND_GAS = 300_000n
const TOKEN_GAS = 300_000n

/**
 * Makes one chain ready: accounts with ETH and tokens, the contracts that are called, slots that exist; and asks what each
 * kind of transaction costs. Throws LoadError NO_FUNDS, and REFUSED when the chain does not take it.
 */
export async function prepare(chain: ChainTarget, payer: LocalAccount, seed: number): Promise<Place> {
  const accounts = accountsOf(seed, SENDERS)
  const paying = await createSender(chain, payer)
  const funding = await fundingOf(chain, payer.address, accounts)
  const first = Number(await ask<Hex>(chain.url, 'eth_getTransactionCount', [payer.address, 'pending']))
  const addressOf = (index: number) =>
    getContractAddress({ from: payer.address, nonce: BigInt(first + funding.length + index) })
  const [token, target] = [addressOf(0), addressOf(1)]
  const fills = Array.from({ length: Number(PREPARED_SLOTS / SLOTS_AT_ONCE) }, (_, index) => ({
    to: target,
    data: touch(BigInt(index) * SLOTS_AT_ONCE, SLOTS_AT_ONCE),
    gas: TOUCH_NEW_GAS,
  }))
  const deployments = [weth9.creationCode, loadTarget.creationCode].map((data) => ({ data, gas: DEPLOY_GAS }))
  await run(chain, paying, [...funding, ...deployments, ...endowments(token, target), ...fills])
  const senders = await Promise.all(accounts.map((account) => createSender(chain, account)))
  const deposit = encodeFunctionData({ abi: weth9.abi, functionName: 'deposit' })
  await Promise.all(
    senders.map((sender) => run(chain, sender, [{ to: token, data: deposit, value: TOKENS, gas: TOKEN_GAS }])),
  )
  const place = { chain, senders, token, loadTarget: target }
  return { ...place, gas: await gasLimits(place) }
}

/** LoadTarget gets tokens and hands one to each recipient, with a wei. */
function endowments(token: Hex, target: Hex): Call[] {
  const total = BigInt(RECIPIENTS)
  const deposit = encodeFunctionData({ abi: weth9.abi, functionName: 'deposit' })
  const transfer = encodeFunctionData({ abi: weth9.abi, functionName: 'transfer', args: [target, total] })
  const parts = Array.from({ length: RECIPIENTS / RECIPIENTS_AT_ONCE }, (_, index) => ({
    to: target,
    data: encodeFunctionData({
      abi: loadTarget.abi,
      functionName: 'endow',
      args: [token, BigInt(index * RECIPIENTS_AT_ONCE), BigInt(RECIPIENTS_AT_ONCE)],
    }),
    value: BigInt(RECIPIENTS_AT_ONCE),
    gas: ENDOW_GAS,
  }))
  return [
    { to: token, data: deposit, value: total, gas: TOKEN_GAS },
    { to: token, data: transfer, gas: TOKEN_GAS },
    ...parts,
  ]
}

/** Transfers to the accounts that have less than half of what they should. */
async function fundingOf(chain: ChainTarget, payer: Hex, accounts: readonly LocalAccount[]): Promise<Call[]> {
  const owners = [payer, ...accounts.map(({ address }) => address)]
  const [available = 0n, ...balances] = (
    await askMany<Hex>(
      chain.url,
      'eth_getBalance',
      owners.map((address) => [address, 'latest']),
    )
  ).map(BigInt)
  const calls = accounts.flatMap(({ address }, index) => {
    const balance = balances[index] ?? 0n
    return balance >= FUNDS / 2n ? [] : [{ to: address, value: FUNDS - balance, gas: FUND_GAS }]
  })
  const needed = calls.reduce((sum, { value }) => sum + value, FUNDS)
  if (available >= needed) return calls
  const have = `${payer} has ${formatEther(available)} ETH on ${chain.layer}`
  throw new LoadError('NO_FUNDS', `${have}, the load needs ${formatEther(needed)} for its accounts and fees`)
}

async function run(chain: ChainTarget, sender: Sender, calls: readonly Call[]): Promise<void> {
  const signed = await signAll(sender, calls)
  await sendAll(chain.url, signed)
  await mined(
    chain,
    signed.map(({ hash }) => hash),
  )
}

/** What a node says that one transaction of each kind needs, and 5 percent more. */
async function gasLimits(place: Omit<Place, 'gas'>): Promise<Record<WorkKind, bigint>> {
  const from = place.senders[0]?.address
  const limits = WORK_KINDS.map(async (kind) => {
    const { value, ...call } = workCall(kind, 1, place)
    const request = { from, ...call, ...(value === undefined ? {} : { value: `0x${value.toString(16)}` }) }
    return [kind, (BigInt(await ask<Hex>(place.chain.url, 'eth_estimateGas', [request])) * 105n) / 100n] as const
  })
  return Object.fromEntries(await Promise.all(limits)) as Record<WorkKind, bigint>
}
