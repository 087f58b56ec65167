import { type Hex, parseEther } from 'viem'
import { expect } from 'vitest'
import { DEV_ADDRESSES, devAccount } from '../../../genesis/accounts.ts'
import { type Check, failure, type Tools } from './tools.ts'

const GWEI = 10n ** 9n
const to = DEV_ADDRESSES[8]
/** whose transactions wait in the pool */
const WAITING = 3
const fees = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: 10n * GWEI, gas: 30_000n } as const
const bumped = (percent: bigint) => ({
  ...fees,
  maxFeePerGas: (fees.maxFeePerGas * (100n + percent)) / 100n,
  maxPriorityFeePerGas: (fees.maxPriorityFeePerGas * (100n + percent)) / 100n,
})

/** Sends a transaction that waits for the nonce before it, runs `check` on it, and lets everything be mined. */
async function whileQueued(
  tools: Tools,
  check: (queued: { nonce: number; hash: Hex; raw: Hex; client: Tools['client'] }) => Promise<unknown>,
) {
  const client = tools.as(WAITING)
  const { address } = client.account
  const nonce = (await client.getTransactionCount({ address, blockTag: 'pending' })) + 1
  const request = await client.prepareTransactionRequest({ to, value: 1n, ...fees, nonce })
  const raw = await client.signTransaction(request)
  const hash = await client.sendRawTransaction({ serializedTransaction: raw })
  try {
    await check({ nonce, hash, raw, client })
  } finally {
    await tools.mined(await client.sendTransaction({ to, value: 1n, ...fees, nonce: nonce - 1 }))
    while ((await client.getTransactionCount({ address })) <= nonce) await client.getChainId()
  }
}

const request = (tools: Tools, method: string, params: unknown[] = []) =>
  tools.client.request({ method, params } as never) as Promise<Record<string, Record<string, Record<string, unknown>>>>

const refused: readonly [name: string, viemName: string, words: string, fields: Record<string, unknown>][] = [
  ['a nonce that was used', 'NonceTooLowError', 'nonce too low', { nonce: 0 }],
  ['more value than there is', 'InsufficientFundsError', 'insufficient funds', { value: parseEther('1000000') }],
  ['less gas than intrinsic', 'IntrinsicGasTooLowError', 'intrinsic gas too low', { gas: 1_000n }],
  ['more gas than a block has', 'TransactionExecutionError', 'exceeds block gas limit', { gas: 70_000_000n }],
]

export const pool: readonly Check[] = [
  ...refused.map(
    ([name, viemName, words, fields]): Check => ({
      name: `${name} is ${viemName}`,
      async run({ client, mined }) {
        // so that nonce 0 is a used one
        await mined(await client.sendTransaction({ to, value: 1n }))
        const found = await failure(client.sendTransaction({ to, value: 1n, ...fees, ...fields } as never))
        expect(found.names).toContain(viemName)
        expect(found.words).toContain(words)
      },
    }),
  ),
  {
    name: 'a fee below the base fee is FeeCapTooLowError in an estimate',
    async run({ client }) {
      const { names } = await failure(client.estimateGas({ to, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }))
      expect(names).toContain('FeeCapTooLowError')
    },
  },
  {
    name: 'a tip above the fee cap is refused',
    async run({ client, chainId }) {
      const nonce = await client.getTransactionCount({ address: DEV_ADDRESSES[0] })
      // viem does not sign such a transaction, so this was signed as one of another kind of fees by hand
      const signed = devAccount(0).signTransaction({
        type: 'eip1559',
        chainId,
        nonce,
        to,
        gas: 30_000n,
        maxFeePerGas: 1n,
        maxPriorityFeePerGas: 2n,
      })
      expect((await failure(signed)).names).toContain('TipAboveFeeCapError')
    },
  },
  {
    name: 'a 10 % bump replaces, and the old hash is gone',
    run: (tools) =>
      whileQueued(tools, async ({ nonce, hash, client }) => {
        const better = await client.sendTransaction({ to, value: 2n, nonce, ...bumped(10n) })
        expect(await client.getTransaction({ hash: better })).toMatchObject({ value: 2n, blockHash: null })
        expect((await failure(client.getTransaction({ hash }))).names).toContain('TransactionNotFoundError')
      }),
  },
  {
    name: 'a 1 % bump is refused as underpriced, and the old one stays',
    run: (tools) =>
      whileQueued(tools, async ({ nonce, hash, client }) => {
        const { words } = await failure(client.sendTransaction({ to, value: 2n, nonce, ...bumped(1n) }))
        expect(words).toContain('replacement transaction underpriced')
        expect(await client.getTransaction({ hash })).toMatchObject({ value: 1n })
      }),
  },
  {
    name: 'a transaction that is known already is recognised',
    run: (tools) =>
      whileQueued(tools, async ({ raw, client }) => {
        const { words } = await failure(client.sendRawTransaction({ serializedTransaction: raw }))
        expect(words).toContain('already known')
      }),
  },
  {
    name: 'a queued transaction is found by its hash, and has no receipt',
    run: (tools) =>
      whileQueued(tools, async ({ hash, nonce, client }) => {
        expect(await client.getTransaction({ hash })).toMatchObject({
          hash,
          nonce,
          blockHash: null,
          blockNumber: null,
          transactionIndex: null,
          from: DEV_ADDRESSES[WAITING].toLowerCase(),
        })
        expect((await failure(client.getTransactionReceipt({ hash }))).names).toContain(
          'TransactionReceiptNotFoundError',
        )
      }),
  },
  {
    name: 'txpool lists it as queued',
    run: (tools) =>
      whileQueued(tools, async ({ hash, nonce }) => {
        const address = DEV_ADDRESSES[WAITING]
        expect(await request(tools, 'txpool_status')).toMatchObject({ queued: '0x1' })
        expect((await request(tools, 'txpool_content')).queued?.[address]?.[nonce]).toMatchObject({ hash })
        expect((await request(tools, 'txpool_contentFrom', [address])).queued?.[nonce]).toMatchObject({ hash })
        expect((await request(tools, 'txpool_inspect')).queued?.[address]?.[nonce]).toContain(to)
      }),
  },
]
