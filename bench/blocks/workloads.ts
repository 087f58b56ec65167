import { encodeFunctionData, type Hex, numberToHex, pad } from 'viem'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { ARITHMETIC, CHAIN_ID, HASHING, otherAddress, STORAGE, senders, TOKEN } from './benchGenesis.ts'

export type Call = { to: Hex; data?: Hex; value?: bigint; gas: bigint }

/** Blocks of one kind: `calls(round)` is what a block of that round holds, sent by the bench's senders in turn. */
export type Workload = {
  name: string
  calls(round: number): readonly Call[]
  /** how many of the bench's senders sign; default: all */
  senders?: number
}

const GWEI = 1_000_000_000n

export const times = (count: number, make: (index: number) => Call): Call[] =>
  Array.from({ length: count }, (_, i) => make(i))
export const words = (...values: bigint[]): Hex =>
  `0x${values.map((value) => pad(numberToHex(value)).slice(2)).join('')}`

/** To accounts that exist. */
export function transfers(count: number): Workload {
  return {
    name: `${count} transfers`,
    calls: (round) => times(count, (i) => ({ to: otherAddress(round * count + i), value: 1n, gas: 21_000n })),
  }
}

/** Solidity's token; half of the recipients had none. */
export function tokenTransfers(count: number): Workload {
  const data = (index: number) =>
    encodeFunctionData({ abi: weth9.abi, functionName: 'transfer', args: [otherAddress(index), 1n] })
  return {
    name: `${count} ERC-20`,
    calls: (round) => times(count, (i) => ({ to: TOKEN, data: data(round * count + i), gas: 300_000n })),
  }
}

/** 60 in each transaction. */
export function freshSlots(count: number): Workload {
  const each = 60
  const first = (index: number) => 1n + BigInt(index * each)
  return {
    name: `${count} fresh slots`,
    calls: (round) => {
      const transactions = count / each
      return times(transactions, (i) => ({
        to: STORAGE,
        data: words(7n, BigInt(each), first(round * transactions + i)),
        gas: 12_000_000n,
      }))
    },
  }
}

/** One transaction of about 6 million gas. */
export const arithmetic: Workload = {
  name: 'arithmetic loop',
  calls: () => [{ to: ARITHMETIC, data: words(75_000n), gas: 12_000_000n }],
}

/** The same with a hash in each round. */
export const hashing: Workload = {
  name: 'keccak loop',
  calls: () => [{ to: HASHING, data: words(50_000n), gas: 12_000_000n }],
}

/** Signs blocks of one chain; a sender's nonces go on from one to the next. */
export function createSigner(): (workload: Workload, round: number) => Promise<Uint8Array[]> {
  const nonces = senders.map(() => 0)
  return ({ calls, senders: count = senders.length }, round) =>
    Promise.all(calls(round).map((call, index) => sign(call, index % count, nonces)))
}

/** The blocks of all rounds on a chain of their own. */
export async function signRounds(workload: Workload, rounds: number): Promise<Uint8Array[][]> {
  const signed = createSigner()
  const blocks: Uint8Array[][] = []
  for (let round = 0; round < rounds; round++) blocks.push(await signed(workload, round))
  return blocks
}

async function sign(call: Call, index: number, nonces: number[]): Promise<Uint8Array> {
  const account = senders[index]
  const nonce = nonces[index]
  if (account === undefined || nonce === undefined) throw new Error(`no sender ${index}`)
  nonces[index] = nonce + 1
  const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI }
  const raw = await account.signTransaction({ type: 'eip1559', chainId: CHAIN_ID, nonce, ...fees, ...call })
  return hexToBytes(raw)
}
