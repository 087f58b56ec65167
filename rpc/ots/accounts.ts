import type { PendingBlocks } from '../../node/pendingBlock.ts'
import type { Chain, TxPool } from '../../node/types.ts'
import { EMPTY_CODE_HASH } from '../../stateless/account.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import type { StateView } from '../../stateless/types.ts'
import { LATEST, numberOrTag, readState } from '../blockParameter.ts'
import { address, numberOrQuantity } from '../codec.ts'
import type { RunTrace } from '../debug/runTrace.ts'
import { findBySender } from '../eth/senderHistory.ts'
import { toData } from '../hex.ts'
import { method, required, withDefault } from '../params.ts'
import { createPauses } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { traceCalls, walk } from './calls.ts'

type Deps = { chain: Chain; pool: TxPool; pending: PendingBlocks }

/** What Otterscan asks about one account. Nothing is indexed: the states of all blocks are there to look at. */
export function otsAccountMethods(deps: Deps, runTrace: RunTrace): MethodTable {
  const { chain } = deps
  return {
    ots_hasCode: method(
      [required('address', address), withDefault('block', numberOrTag, LATEST)],
      async ([account, block]) => hasCode(await readState(deps, block), account),
    ),
    ots_getTransactionBySenderAndNonce: method(
      [required('sender', address), required('nonce', numberOrQuantity)],
      async ([sender, nonce], { signal }) => {
        const found = await findBySender(deps, sender, BigInt(nonce), signal)
        return found?.block === undefined ? null : toData(found.tx.hash)
      },
    ),
    ots_getContractCreator: method([required('address', address)], ([contract], context) =>
      runTrace(context, {}, (signal) => creatorOf(chain, contract, signal)),
    ),
  }
}

function hasCode(state: StateView, account: Uint8Array): boolean {
  const found = state.getAccount(account)
  return found !== undefined && !bytesEqual(found.codeHash, EMPTY_CODE_HASH)
}

/** Null for an account without code, and for code that no creation put there: genesis, delegations, a devnet's own hand. */
async function creatorOf(chain: Chain, contract: Uint8Array, signal: AbortSignal): Promise<object | null> {
  const number = await firstBlockWithCode(chain, contract, signal)
  const stored = number === undefined ? undefined : chain.getBlockByNumber(number)
  if (stored === undefined) return null
  const calls = await traceCalls(chain, stored, signal)
  for (const [index, call] of calls.entries()) {
    for (const { frame, failed } of walk(call)) {
      const { type, to, from } = frame
      const creates = (type === 'CREATE' || type === 'CREATE2') && !failed
      const tx = chain.getTransaction(stored.block, index)
      if (creates && to !== undefined && tx !== undefined && bytesEqual(to, contract)) {
        return { hash: toData(tx.hash), creator: toData(from) }
      }
    }
  }
  return null
}

/** By bisection; undefined when the head knows no code there, or genesis already did. */
async function firstBlockWithCode(
  chain: Chain,
  contract: Uint8Array,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  const pause = createPauses()
  const codeAfter = (number: bigint): boolean => {
    const header = chain.getHeaderByNumber(number)
    return header !== undefined && hasCode(chain.stateAt(header.stateRoot), contract)
  }
  let low = chain.genesis.header.number
  let high = chain.head().header.number
  if (!codeAfter(high) || codeAfter(low)) return undefined
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (codeAfter(middle)) high = middle
    else low = middle
    await pause()
    signal.throwIfAborted()
  }
  return high
}
