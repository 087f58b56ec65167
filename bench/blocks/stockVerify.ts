import { createBlockFromRLP, createBlockHeaderFromRLP } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager'
import { bytesToUnprefixedHex, MapDB } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesEqual } from '../../stateless/bytes.ts'
import { blockRlp } from '../../stateless/header.ts'
import { payloadHeader } from '../../stateless/payload.ts'
import { decodeStatelessInput, encodeResult } from '../../stateless/ssz.ts'
import { newPayloadRequestRoot } from '../../stateless/sszRoots.ts'
import type { ExecutionWitness } from '../../stateless/types.ts'
import { CHAIN_ID } from './benchGenesis.ts'

/**
 * What EXECUTE does, done by EthereumJS as it comes from npm: its trie over a MapDB, its state manager with caches, `runBlock`
 * with all validation on, its JavaScript cryptography. The 43 bytes of the result; throws when anything does not hold.
 *
 * In its favour: SSZ decoding, the root of the request and the roots of the header that it starts from are ours. It checks
 * neither the strict form of envelopes, nor L2 constraints, nor that all codes of the system contracts are there, and meters
 * nothing.
 */
export async function stockVerify(bytes: Uint8Array): Promise<Uint8Array> {
  const input = decodeStatelessInput(bytes)
  const { newPayloadRequest: request, witness } = input
  const header = payloadHeader(request)
  const { transactions, withdrawals, blockHash, blockAccessList } = request.executionPayload
  const rlp = blockRlp({ hash: blockHash, header, transactions, ommers: [], withdrawals })
  const block = createBlockFromRLP(rlp, { common })
  if (!bytesEqual(block.hash(), blockHash)) throw new Error('stock: another block hash')

  const headers = witness.headers.map((item) => createBlockHeaderFromRLP(item, { common }))
  headers.slice(1).forEach((child, index) => {
    if (!bytesEqual(child.parentHash, headers[index]?.hash() ?? blockHash)) throw new Error('stock: broken headers')
  })
  const parent = headers.at(-1)
  if (parent === undefined) throw new Error('stock: no parent')
  const blockchain = {
    getBlock: async (number: bigint) => headers.find((known) => known.number === BigInt(number)),
    putBlock: async () => {},
    validateHeader: async ({ number, timestamp, parentHash, ...child }: typeof block.header) => {
      block.header.validateGasLimit(parent)
      const isNext =
        bytesEqual(parentHash, parent.hash()) &&
        number === parent.number + 1n &&
        timestamp > parent.timestamp &&
        child.baseFeePerGas === parent.calcNextBaseFee() &&
        child.excessBlobGas === parent.calcNextExcessBlobGas(common)
      if (!isNext) throw new Error('stock: not the next block')
    },
    shallowCopy: () => blockchain,
  }
  const stateManager = await stateOf(witness, parent.stateRoot)
  const vm = await createVM({ common, stateManager, blockchain: blockchain as never })
  const result = await runBlock(vm, { block, root: parent.stateRoot, blockAccessList })
  if (!bytesEqual(result.stateRoot, header.stateRoot)) throw new Error('stock: another state root')
  const { chainId, schemaId } = input
  return encodeResult({
    newPayloadRequestRoot: newPayloadRequestRoot(request),
    successfulValidation: true,
    chainId,
    schemaId,
  })
}

const common = createCustomCommon({ chainId: CHAIN_ID }, Mainnet, { hardfork: Hardfork.Amsterdam })

async function stateOf(witness: ExecutionWitness, root: Uint8Array): Promise<MerkleStateManager> {
  const db = new MapDB<string, string>()
  for (const item of [...witness.state, ...witness.codes]) {
    await db.put(bytesToUnprefixedHex(keccak_256(item)), bytesToUnprefixedHex(item))
  }
  const trie = new MerklePatriciaTrie({ db, root, useKeyHashing: true, common })
  return new MerkleStateManager({ common, trie, caches: new Caches(), prefixCodeHashes: false })
}
