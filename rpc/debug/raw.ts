import type { Receipt } from '../../execution/types.ts'
import type { Chain, TxPool } from '../../node/types.ts'
import { concatBytes } from '../../stateless/bytes.ts'
import { blockRlp, encodeHeader } from '../../stateless/header.ts'
import { encodeRlp, rlpInteger } from '../../stateless/rlp.ts'
import { blockParameter, requireBlock } from '../blockParameter.ts'
import { hash } from '../codec.ts'
import { RpcError } from '../errors.ts'
import { findTransaction } from '../eth/transactions.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'

/** debug_getRaw*: the consensus encodings of what is stored. */
export function rawMethods({ chain, pool }: { chain: Chain; pool: TxPool }): MethodTable {
  const blockParam = required('block', blockParameter)
  return {
    debug_getRawHeader: method([blockParam], ([block]) => toData(encodeHeader(requireBlock(chain, block).header))),
    debug_getRawBlock: method([blockParam], ([block]) => toData(blockRlp(requireBlock(chain, block)))),
    debug_getRawReceipts: method([blockParam], ([block]) => {
      const { hash: blockHash } = requireBlock(chain, block)
      return (chain.getBlockByHash(blockHash)?.receipts ?? []).map((receipt) => toData(encodeReceipt(receipt)))
    }),
    debug_getRawTransaction: method([required('transaction hash', hash)], ([txHash]) => {
      const found = findTransaction({ chain, pool }, txHash)
      return found ? toData(found.tx.raw) : '0x'
    }),
    debug_getRawBlockAccessList: method([blockParam], ([block]) => {
      const { hash: blockHash } = requireBlock(chain, block)
      const list = chain.getBlockByHash(blockHash)?.blockAccessList
      if (!list) throw new RpcError('UNKNOWN_BLOCK', 'this block has no stored block access list')
      return toData(list)
    }),
  }
}

/** EIP-2718 receipt: the type byte, unless legacy, before RLP of status or state root, gas, bloom and logs. */
function encodeReceipt(receipt: Receipt): Uint8Array {
  const outcome = receipt.status === undefined ? receipt.stateRoot : rlpInteger(BigInt(receipt.status))
  if (!outcome) throw new Error('a stored receipt has neither status nor state root')
  const logs = receipt.logs.map(({ address, topics, data }) => [address, topics, data])
  const body = encodeRlp([outcome, rlpInteger(receipt.cumulativeGasUsed), receipt.logsBloom, logs])
  return receipt.type === 0 ? body : concatBytes([Uint8Array.of(receipt.type), body])
}
