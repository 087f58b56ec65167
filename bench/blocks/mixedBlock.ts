import { encodeFunctionData } from 'viem'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { ARITHMETIC, HASHING, otherAddress, STORAGE, TOKEN } from './benchGenesis.ts'
import { type Call, times, type Workload, words } from './workloads.ts'

/** How many transactions of each kind make 12 million regular gas: about 35, 35, 15 and 15 percent of it. */
const TRANSFERS = 199
const TOKENS = 98
const SLOT_WRITES = 3
const SLOTS_EACH = 48
const ARITHMETIC_ROUNDS = 11_400n
const HASHING_ROUNDS = 8_200n

/** A rollup's users of one block: so few that the witness and all else make an input of about 120 KiB. */
const SENDERS = 8
const RECIPIENTS = 6

/** Every round pays other accounts of the 20,000 and writes other slots, so that no two witnesses are alike. */
export const mixedBlock: Workload = {
  name: 'mixed L2 block of 12 Mgas',
  senders: SENDERS,
  calls(round) {
    const recipient = (index: number) => otherAddress(round * RECIPIENTS + (index % RECIPIENTS))
    const pay = (index: number): Call => ({ to: recipient(index), value: 1n, gas: 21_000n })
    const token = (index: number): Call => {
      const data = encodeFunctionData({ abi: weth9.abi, functionName: 'transfer', args: [recipient(index), 1n] })
      return { to: TOKEN, data, gas: 300_000n }
    }
    const write = (index: number): Call => {
      const first = 1n + BigInt((round * SLOT_WRITES + index) * SLOTS_EACH)
      return { to: STORAGE, data: words(7n, BigInt(SLOTS_EACH), first), gas: 12_000_000n }
    }
    return [
      ...times(TRANSFERS, pay),
      ...times(TOKENS, token),
      ...times(SLOT_WRITES, write),
      { to: ARITHMETIC, data: words(ARITHMETIC_ROUNDS), gas: 12_000_000n },
      { to: HASHING, data: words(HASHING_ROUNDS), gas: 12_000_000n },
    ]
  },
}
