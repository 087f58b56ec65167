import { bytesToBigint } from '../../stateless/bytes.ts'
import { createAccountProof, createStorageProof } from '../../stateless/proof.ts'
import type { Hash32, NodeSource } from '../../stateless/types.ts'
import { type BlockParameter, blockParameter, isPending, LATEST, requireState } from '../blockParameter.ts'
import { address, storageKey } from '../codec.ts'
import { toData, toQuantity } from '../hex.ts'
import { list, method, required, withDefault } from '../params.ts'
import { mapInSlices } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'

/** EIP-1186 proofs in the state of any stored block, of presence and of absence; one entry per key that was asked for. */
export function proofMethods(deps: Pick<EthDeps, 'chain' | 'pending' | 'limits'>): MethodTable {
  const { chain, pending } = deps
  const { maxProofKeys } = ethLimits(deps)
  const trieOf = async (block: BlockParameter): Promise<{ nodes: NodeSource; root: Hash32 }> => {
    if (!isPending(block)) return { nodes: chain.nodes, root: requireState(chain, block).root }
    const built = await pending.get()
    return { nodes: built.nodes, root: built.block.header.stateRoot }
  }
  return {
    eth_getProof: method(
      [
        required('address', address),
        required('storage keys', list(storageKey, maxProofKeys)),
        withDefault('block', blockParameter, LATEST),
      ],
      async ([account, keys, block]) => {
        const { nodes, root } = await trieOf(block)
        const proof = createAccountProof(nodes, root, account)
        const storageProof = await mapInSlices(keys, ({ key, short }) => {
          const entry = createStorageProof(nodes, proof.storageHash, key)
          return {
            // Keys are given back in the form they came in: a full word, or a quantity.
            key: short ? toQuantity(bytesToBigint(entry.slot)) : toData(entry.slot),
            value: toQuantity(bytesToBigint(entry.value)),
            proof: entry.proof.map(toData),
          }
        })
        return {
          address: toData(account),
          accountProof: proof.accountProof.map(toData),
          balance: toQuantity(proof.balance),
          codeHash: toData(proof.codeHash),
          nonce: toQuantity(proof.nonce),
          storageHash: toData(proof.storageHash),
          storageProof,
        }
      },
    ),
  }
}
