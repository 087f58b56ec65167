import type { Chain, TxPool } from '../../node/types.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { createPauses } from '../slices.ts'
import type { Found } from './transactions.ts'

/**
 * The transaction with which this account used this nonce. There is no index: the state tells in which block the nonce
 * went up, by bisection over the account's nonce, so the cost is the logarithm of the chain's length.
 */
export async function findBySender(
  { chain, pool }: { chain: Chain; pool: TxPool },
  sender: Uint8Array,
  nonce: bigint,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const pause = createPauses()
  const nonceAfter = (number: bigint): bigint => {
    const header = chain.getHeaderByNumber(number)
    if (header === undefined) return 0n
    return chain.stateAt(header.stateRoot).getAccount(sender)?.nonce ?? 0n
  }
  let low = chain.genesis.header.number
  let high = chain.head().header.number
  if (nonceAfter(high) <= nonce) return inPool(pool, sender, nonce)
  if (nonceAfter(low) > nonce) return undefined
  // The nonce is used in a block after `low`, at latest in `high`.
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (nonceAfter(middle) > nonce) high = middle
    else low = middle
    await pause()
    if (signal.aborted) return undefined
  }
  return inBlock(chain, high, sender, nonce)
}

async function inBlock(chain: Chain, number: bigint, sender: Uint8Array, nonce: bigint): Promise<Found | undefined> {
  const block = chain.getBlockByNumber(number)?.block
  if (block === undefined) return undefined
  const pause = createPauses()
  for (const [index, tx] of (await chain.readTransactions(block)).entries()) {
    if (tx.nonce === nonce && bytesEqual(tx.sender, sender)) return { tx, block, index }
    const turn = pause()
    if (turn) await turn
  }
  // An authorization (EIP-7702) or a creation raises a nonce without a transaction of its own.
  return undefined
}

function inPool(pool: TxPool, sender: Uint8Array, nonce: bigint): Found | undefined {
  const { pending, queued } = pool.content()
  const tx = [...pending, ...queued].find((held) => held.nonce === nonce && bytesEqual(held.sender, sender))
  return tx && { tx }
}
