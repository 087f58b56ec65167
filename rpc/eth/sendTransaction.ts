import type { Transaction, UnsignedTransaction } from '../../execution/types.ts'
import { createTurns, type Turns } from '../../node/inTurn.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { invalidParams } from '../errors.ts'
import { formatTransactionFields } from '../format/transaction.ts'
import { toData, toQuantity } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import type { EthDeps, Impersonation, Signer } from './deps.ts'
import { fillTransaction } from './fillTransaction.ts'
import { createSubmission } from './send.ts'
import { requireKey } from './sign.ts'
import { type TransactionObject, transactionObject } from './transactionObject.ts'
import { type BlobSidecar, encodeSigned, encodeUnsigned, signingHash } from './unsignedTransaction.ts'

/** Transactions that the node completes, and, where it holds the key, signs and sends. */
export function transactionObjectMethods(deps: EthDeps): MethodTable {
  const { impersonation } = deps
  const submission = createSubmission(deps)
  const inTurn = createSenderTurns()
  const txParam = required('transaction', transactionObject)

  const sign = async (signer: Signer, tx: UnsignedTransaction, sidecar: BlobSidecar | undefined) => {
    const signature = await signer.sign(tx.sender, signingHash(tx))
    return { signature, raw: encodeSigned(tx, signature, sidecar) }
  }

  const sendAs = async (senders: Impersonation, object: TransactionObject, context: Pick<RpcContext, 'signal'>) => {
    const sent = await inTurn(requireFrom(object), async () =>
      senders.send(await fillTransaction(deps, object, context.signal)),
    )
    await submission.decided(sent, context)
    return toData(sent.hash)
  }

  return {
    ...(impersonation === undefined
      ? {}
      : {
          /** In the name of whoever `from` is: asking for it is enough, nobody needs to be impersonated first. */
          eth_sendUnsignedTransaction: method([txParam], ([object], context) => sendAs(impersonation, object, context)),
        }),
    eth_fillTransaction: method([txParam], async ([object], { signal }) => {
      const tx = await fillTransaction(deps, object, signal)
      const unsigned = encodeUnsigned(tx)
      const shown = { ...tx, raw: unsigned, hash: keccak256(unsigned), v: 0n, r: 0n, s: 0n }
      return { raw: toData(encodeUnsigned(tx, object.sidecar)), tx: formatUnplaced(shown, object) }
    }),
    eth_signTransaction: method([txParam], async ([object], { signal }) => {
      const signer = requireKey(deps.signer, requireFrom(object))
      const tx = await fillTransaction(deps, object, signal)
      const { signature, raw } = await sign(signer, tx, object.sidecar)
      const signed = deps.chain.engine.decodeTransaction(encodeSigned(tx, signature), deps.pending.header())
      return { raw: toData(raw), tx: formatUnplaced(signed, object) }
    }),
    /** Impersonated senders come first; they need no key. The nonce of one sender is given out once. */
    eth_sendTransaction: method([txParam], async ([object], context) => {
      const from = requireFrom(object)
      if (impersonation?.has(from)) return sendAs(impersonation, object, context)
      const signer = requireKey(deps.signer, from)
      const pooled = await inTurn(from, async () => {
        const { raw } = await sign(signer, await fillTransaction(deps, object, context.signal), object.sidecar)
        return submission.add(raw)
      })
      await submission.decided(pooled, context)
      return toData(pooled.hash)
    }),
  }
}

function requireFrom({ request }: TransactionObject): Uint8Array {
  if (request.from !== undefined) return request.from
  throw invalidParams('argument 0 (transaction).from', 'the sender is missing')
}

/** A transaction that stands in no block, with its blobs when there are some. */
function formatUnplaced(tx: Transaction, { sidecar, request }: TransactionObject) {
  const { from, ...fields } = formatTransactionFields(tx, tx.gasPrice ?? tx.maxFeePerGas ?? 0n)
  return {
    ...(request.from === undefined ? {} : { from }),
    ...fields,
    ...(sidecar === undefined
      ? {}
      : {
          blobs: sidecar.blobs.map(toData),
          commitments: sidecar.commitments.map(toData),
          proofs: sidecar.proofs.map(toData),
          ...(sidecar.proofs.length === sidecar.blobs.length ? {} : { blobVersion: toQuantity(1) }),
        }),
  }
}

/** Runs the work of one address one after another, so that two transactions never get the same nonce. */
function createSenderTurns() {
  const senders = new Map<string, Turns>()
  return async <Result>(address: Uint8Array, work: () => Promise<Result>): Promise<Result> => {
    const key = bytesToHex(address)
    const turns = senders.get(key) ?? createTurns()
    senders.set(key, turns)
    try {
      return await turns.run(work)
    } finally {
      if (turns.waiting === 0) senders.delete(key)
    }
  }
}
