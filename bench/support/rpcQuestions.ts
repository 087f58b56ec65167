import { encodeFunctionData, type Hex } from 'viem'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { postBytes } from './leanClient.ts'
import { BLOCKS, FREQUENT_TOPIC, FULL_BLOCK, RARE_TOPIC } from './rpcContent.ts'
import type { Funded } from './sendAndMine.ts'

/** What every server under test is asked. */
export type Question = {
  name: string
  request: Buffer
  /** at least so many times as often as each of them */
  bounds?: { anvil?: number; hardhat?: number }
  /** does the answer hold what it should? */
  holds(answer: unknown): boolean
}

const single = (method: string, params: readonly unknown[]) => ({ jsonrpc: '2.0', id: 1, method, params })
const balanceOf = (holder: Hex): Hex =>
  encodeFunctionData({ abi: weth9.abi, functionName: 'balanceOf', args: [holder] })
const resultOf = (answer: unknown): unknown => (answer as { result?: unknown }).result
const lengthIs = (count: number, of: (result: never) => { length: number }) => (answer: unknown) =>
  of(resultOf(answer) as never).length === count

/** `contract`: of the content; `holder` has one token. */
export function questions(
  account: Hex,
  contract: Hex,
  { token, holder }: Pick<Funded, 'token' | 'holder'>,
): Question[] {
  const block = single('eth_getBlockByNumber', ['0x2', true])
  const range = { fromBlock: '0x1', toBlock: `0x${BLOCKS.toString(16)}`, address: contract }
  const balance = single('eth_getBalance', [account, 'latest'])
  const call = { from: account, to: contract }
  const transactions = lengthIs(FULL_BLOCK, (result: { transactions: unknown[] }) => result.transactions)
  const logs = (count: number) => lengthIs(count, (result: unknown[]) => result)
  const isQuantity = (answer: unknown) => /^0x[0-9a-f]+$/.test(String(resultOf(answer)))
  return [
    {
      name: `eth_getLogs, ${BLOCKS} blocks, 1 match`,
      request: postBytes(single('eth_getLogs', [{ ...range, topics: [RARE_TOPIC] }])),
      bounds: { anvil: 1 },
      holds: logs(1),
    },
    {
      name: `eth_getLogs, ${BLOCKS} blocks, ${FULL_BLOCK} matches`,
      request: postBytes(single('eth_getLogs', [{ ...range, topics: [FREQUENT_TOPIC] }])),
      holds: logs(FULL_BLOCK),
    },
    {
      name: `eth_getBlockByNumber, ${FULL_BLOCK} objects`,
      request: postBytes(block),
      bounds: { anvil: 10, hardhat: 1 },
      holds: transactions,
    },
    {
      name: `eth_getBlockByNumber, ${FULL_BLOCK} objects, gzip accepted`,
      request: postBytes(block, ['accept-encoding: gzip']),
      bounds: { anvil: 10 },
      holds: transactions,
    },
    {
      name: `eth_getBlockByNumber, ${FULL_BLOCK} hashes`,
      request: postBytes(single('eth_getBlockByNumber', ['0x2', false])),
      holds: transactions,
    },
    {
      name: `eth_getBlockReceipts, ${FULL_BLOCK}`,
      request: postBytes(single('eth_getBlockReceipts', ['0x2'])),
      holds: logs(FULL_BLOCK),
    },
    {
      name: 'eth_call',
      request: postBytes(single('eth_call', [call, 'latest'])),
      holds: (answer) => BigInt(String(resultOf(answer))) === 42n,
    },
    {
      name: 'eth_call, balanceOf',
      request: postBytes(single('eth_call', [{ to: token, data: balanceOf(holder) }, 'latest'])),
      holds: (answer) => BigInt(String(resultOf(answer))) > 0n,
    },
    {
      name: 'eth_estimateGas, transfer',
      request: postBytes(single('eth_estimateGas', [{ from: account, to: holder, value: '0x1' }])),
      holds: isQuantity,
    },
    {
      name: 'eth_estimateGas',
      request: postBytes(single('eth_estimateGas', [{ ...call, data: RARE_TOPIC }])),
      holds: isQuantity,
    },
    { name: 'eth_getBalance', request: postBytes(balance), holds: isQuantity },
    { name: 'eth_blockNumber', request: postBytes(single('eth_blockNumber', [])), holds: isQuantity },
    {
      name: 'a batch of 100 eth_getBalance',
      request: postBytes(Array.from({ length: 100 }, () => balance)),
      holds: (answer) => (answer as unknown[]).every(isQuantity),
    },
  ]
}
