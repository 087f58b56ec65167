import type { CallRequest } from '../../execution/types.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { address } from '../codec.ts'
import { RpcError } from '../errors.ts'
import { toWord } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import type { L1DevDeps } from './deps.ts'
import { amount256, answering, named } from './values.ts'

/** balanceOf(address), allowance(address,address) */
const BALANCE_OF = Uint8Array.of(0x70, 0xa0, 0x82, 0x31)
const ALLOWANCE = Uint8Array.of(0xdd, 0x62, 0xed, 0x3e)
/** of one view function of a token */
const GAS = 10_000_000n
/** slots that are tried before the token is given up */
const MAX_SLOTS = 32

/**
 * Token balances and allowances by hand: the slot is the one that the token's own view function answers from, found by
 * trying each slot it reads.
 */
export function tokenMethods(deps: Pick<L1DevDeps, 'chain' | 'edits'>): MethodTable {
  const owner = required('owner', address)
  const token = required('token', address)
  const value = required('amount', amount256)
  const set = async (to: Uint8Array, view: Uint8Array, wanted: bigint, context: RpcContext) => {
    const slot = await findSlot(deps, { to, data: view, gas: GAS }, wanted, context)
    await deps.edits.edit(to, () => ({ stateDiff: new Map([[slot.key, slot.value]]) }))
  }
  const deal = method([owner, token, value], ([of, to, wanted], context) =>
    set(to, concatBytes([BALANCE_OF, word(of)]), wanted, context),
  )
  const allow = method([owner, required('spender', address), token, value], ([of, by, to, wanted], context) =>
    set(to, concatBytes([ALLOWANCE, word(of), word(by)]), wanted, context),
  )
  return {
    ...named(['anvil_dealERC20', 'hardhat_dealERC20'], answering(null, deal)),
    ...named(['anvil_setERC20Allowance', 'hardhat_setERC20Allowance'], answering(null, allow)),
  }
}

async function findSlot(
  { chain }: Pick<L1DevDeps, 'chain'>,
  view: CallRequest & { to: Uint8Array },
  wanted: bigint,
  { signal }: RpcContext,
): Promise<{ key: string; value: Uint8Array }> {
  const head = chain.head()
  const context = {
    header: head.header,
    state: chain.stateAt(head.header.stateRoot),
    blockHash: chain.ancestorHashes(head),
    signal,
  }
  const value = word(wanted)
  const { accessList } = await chain.engine.createAccessList(view, context)
  const slots = accessList.filter((entry) => Buffer.compare(entry.address, view.to) === 0)
  for (const slot of slots.flatMap((entry) => entry.storageKeys).slice(0, MAX_SLOTS)) {
    const key = bytesToHex(slot)
    const stateOverrides = new Map([[bytesToHex(view.to), { stateDiff: new Map([[key, value]]) }]])
    const outcome = await chain.engine.call(view, { ...context, stateOverrides })
    if (outcome.status === 'success' && Buffer.compare(outcome.output, value) === 0) return { key, value }
  }
  throw new RpcError('EXECUTION_FAILED', 'no slot of this token holds the amount as it is: set its storage instead')
}

/** As contracts take and give it. */
const word = (value: Uint8Array | bigint): Uint8Array => hexToBytes(toWord(value))
