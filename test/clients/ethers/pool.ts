import { parseEther, Transaction, type TransactionResponse } from 'ethers'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { type Check, failure, type Tools } from './tools.ts'

const GWEI = 10n ** 9n
const to = DEV_ADDRESSES[8]
/** whose transactions wait in the pool */
const WAITING = 3
const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: 10n * GWEI, gasLimit: 30_000n }
const bumped = (percent: bigint) => ({
  ...fees,
  maxFeePerGas: (fees.maxFeePerGas * (100n + percent)) / 100n,
  maxPriorityFeePerGas: (fees.maxPriorityFeePerGas * (100n + percent)) / 100n,
})

/** Sends a transaction that waits for the nonce before it, runs `check` on it, and lets everything be mined. */
async function whileQueued(
  tools: Tools,
  check: (queued: { nonce: number; sent: TransactionResponse; raw: string }) => Promise<unknown>,
) {
  const wallet = tools.wallet(WAITING)
  const nonce = (await wallet.getNonce('pending')) + 1
  const raw = await wallet.signTransaction(await wallet.populateTransaction({ to, value: 1n, ...fees, nonce }))
  const sent = await tools.provider.broadcastTransaction(raw)
  try {
    await check({ nonce, sent, raw })
  } finally {
    await tools.mined(wallet.sendTransaction({ to, value: 1n, ...fees, nonce: nonce - 1 }))
    while ((await wallet.getNonce()) <= nonce) await tools.provider.getBlockNumber()
  }
}

const refused: readonly [name: string, code: string, words: RegExp, fields: Record<string, unknown>][] = [
  ['a nonce that was used', 'NONCE_EXPIRED', /nonce/, { nonce: 0 }],
  ['more value than there is', 'INSUFFICIENT_FUNDS', /insufficient funds/, { value: parseEther('1000000') }],
  ['less gas than intrinsic', 'UNKNOWN_ERROR', /intrinsic gas too low/, { gasLimit: 1_000n }],
  ['more gas than a block has', 'UNKNOWN_ERROR', /exceeds block gas limit/, { gasLimit: 70_000_000n }],
]

export const pool: readonly Check[] = [
  ...refused.map(
    ([name, code, words, fields]): Check => ({
      name: `${name} is ${code === 'UNKNOWN_ERROR' ? 'refused in words' : code}`,
      async run({ wallet, signer, mined }) {
        // so that nonce 0 is a used one
        await mined(signer.sendTransaction({ to, value: 1n }))
        const error = await failure(wallet(0).sendTransaction({ to, value: 1n, ...fees, ...fields }))
        expect(error.message).toMatch(words)
        expect(error.code).toBe(code)
      },
    }),
  ),
  {
    name: 'a 10 % bump replaces, and the old hash is gone',
    run: (tools) =>
      whileQueued(tools, async ({ nonce, sent }) => {
        const better = await tools.wallet(WAITING).sendTransaction({ to, value: 2n, nonce, ...bumped(10n) })
        expect(await tools.provider.getTransaction(better.hash)).toMatchObject({ value: 2n, blockNumber: null })
        expect(await tools.provider.getTransaction(sent.hash)).toBeNull()
      }),
  },
  {
    name: 'a 1 % bump is REPLACEMENT_UNDERPRICED',
    run: (tools) =>
      whileQueued(tools, async ({ nonce, sent }) => {
        const error = await failure(tools.wallet(WAITING).sendTransaction({ to, value: 2n, nonce, ...bumped(1n) }))
        expect(error.code).toBe('REPLACEMENT_UNDERPRICED')
        expect(await tools.provider.getTransaction(sent.hash)).toMatchObject({ value: 1n })
      }),
  },
  {
    name: 'a transaction that is known already is refused in words',
    run: (tools) =>
      whileQueued(tools, async ({ raw }) => {
        expect((await failure(tools.provider.broadcastTransaction(raw))).message).toContain('already known')
      }),
  },
  {
    name: 'a queued transaction is found by its hash, and has no receipt',
    run: (tools) =>
      whileQueued(tools, async ({ sent, nonce, raw }) => {
        expect(sent.hash).toBe(Transaction.from(raw).hash)
        expect(await tools.provider.getTransaction(sent.hash)).toMatchObject({ nonce, blockNumber: null })
        expect(await tools.provider.getTransactionReceipt(sent.hash)).toBeNull()
      }),
  },
]
