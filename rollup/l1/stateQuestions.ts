import { hex, list, quantity, record, toQuantity } from './answerShapes.ts'
import type { L1Request } from './l1Request.ts'
import type { L1StorageProof } from './l1Types.ts'

type Hex = `0x${string}`

/** What is asked about accounts. */
export type StateQuestions = {
  getStorageProof(address: Hex, slot: Hex, blockNumber: bigint): Promise<L1StorageProof>
  call(to: Hex, data: Hex, at?: bigint): Promise<Hex>
  /** of the newest block, or of this one */
  getCode(address: Hex, at?: bigint): Promise<Hex>
  getBalance(address: Hex, at?: bigint): Promise<bigint>
}

export function stateQuestions(request: L1Request): StateQuestions {
  return {
    async getStorageProof(address, slot, blockNumber) {
      const proof = record(await request('eth_getProof', address, [slot], toQuantity(blockNumber)), 'proof')
      const [storage] = list(proof.storageProof, 'storageProof')
      return {
        accountProof: list(proof.accountProof, 'accountProof').map((node) => hex(node, 'proof node')),
        storageProof: list(record(storage, 'storageProof').proof, 'proof').map((node) => hex(node, 'proof node')),
      }
    },
    call: async (to, data, at) =>
      hex(await request('eth_call', { to, data }, at === undefined ? 'latest' : toQuantity(at)), 'call result'),
    getCode: async (address, at) =>
      hex(await request('eth_getCode', address, at === undefined ? 'latest' : toQuantity(at)), 'code'),
    getBalance: async (address, at) =>
      quantity(await request('eth_getBalance', address, at === undefined ? 'latest' : toQuantity(at)), 'balance'),
  }
}
