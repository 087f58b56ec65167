import type { PrivateKeyAccount } from 'viem/accounts'
import { ask } from '../../load/ask.ts'
import { CHAIN_ID, type Peer } from './rpcPeers.ts'

/** Transactions in the full block, and logs that the dense question finds. */
export const FULL_BLOCK = 500
/** Blocks that the questions about logs search. */
export const BLOCKS = 10_000
const BLOCKS_PER_CALL = 1_000
export const RARE_TOPIC = `0x${'11'.repeat(32)}` as const
export const FREQUENT_TOPIC = `0x${'22'.repeat(32)}` as const

/**
 * Without calldata it returns slot 0, which the init code set to 42; with, it logs the first word as a topic.
 *
 *     CALLDATASIZE PUSH1 0c JUMPI  PUSH0 SLOAD PUSH0 MSTORE PUSH1 20 PUSH0 RETURN
 *     JUMPDEST PUSH0 CALLDATALOAD PUSH0 PUSH0 LOG1 STOP
 */
const RUNTIME = '36600c575f545f5260205ff35b5f355f5fa100'
/** SSTORE(0, 42), then RUNTIME (19 bytes) is copied from behind this code (13 bytes) and returned. */
const INIT = `0x602a5f55601380600d5f395ff3${RUNTIME}` as const

/** The signed transactions of both chains: the same bytes for every peer. */
export type Content = { deploy: string; transfers: string[]; frequent: string[]; rare: string }

export async function signContent(account: PrivateKeyAccount, contract: `0x${string}`): Promise<Content> {
  let nonce = 0
  const sign = (request: { to?: `0x${string}`; data?: `0x${string}`; value?: bigint; gas: bigint }): Promise<string> =>
    account.signTransaction({
      ...request,
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce: nonce++,
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 9n,
    })
  const many = (request: (index: number) => Parameters<typeof sign>[0]) =>
    Promise.all(Array.from({ length: FULL_BLOCK }, (_, index) => sign(request(index))))
  return {
    deploy: await sign({ data: INIT, gas: 200_000n }),
    transfers: await many((index) => ({ to: receiver(index), value: BigInt(index + 1), gas: 21_000n })),
    frequent: await many(() => ({ to: contract, data: FREQUENT_TOPIC, gas: 60_000n })),
    rare: await sign({ to: contract, data: RARE_TOPIC, gas: 60_000n }),
  }
}

const receiver = (index: number): `0x${string}` => `0x${(index + 1).toString(16).padStart(40, 'a')}`

/** Block 1 deploys, block 2 is full, block 3 has many logs, a later one has one, and the last is block 10,000. */
export async function load({ url }: Peer, content: Content): Promise<void> {
  await ask(url, 'evm_setAutomine', [false])
  const mine = async (transactions: readonly string[]) => {
    for (const raw of transactions) await ask(url, 'eth_sendRawTransaction', [raw])
    await ask(url, 'evm_mine', [])
  }
  await mine([content.deploy])
  await mine(content.transfers)
  await mine(content.frequent)
  await mineEmpty(url, BLOCKS / 2 - 3)
  await mine([content.rare])
  await mineEmpty(url, BLOCKS / 2 - 1)
  const head = Number(await ask<string>(url, 'eth_blockNumber', []))
  if (head !== BLOCKS) throw new Error(`${url}: the head is ${head}, not ${BLOCKS}`)
}

/** In steps, because a call may only take so long. */
async function mineEmpty(url: string, count: number): Promise<void> {
  for (let left = count; left > 0; left -= BLOCKS_PER_CALL) {
    await ask(url, 'hardhat_mine', [`0x${Math.min(left, BLOCKS_PER_CALL).toString(16)}`])
  }
}
