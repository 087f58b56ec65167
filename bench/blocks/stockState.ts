import type { MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, Address } from '@ethereumjs/util'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import type { Hash32 } from '../../stateless/types.ts'

/** Puts the accounts of a genesis into the library's state, which the caller still has to flush. */
export async function putAlloc(state: MerkleStateManager, alloc: GenesisJson['alloc']): Promise<void> {
  for (const [key, { balance, nonce = '0x0', code, storage = {} }] of Object.entries(alloc)) {
    const address = new Address(hexToBytes(key))
    await state.putAccount(address, new Account(BigInt(nonce), BigInt(balance)))
    if (code !== undefined) await state.putCode(address, hexToBytes(code))
    for (const [slot, value] of Object.entries(storage)) {
      const digits = value.slice(2)
      const bytes = hexToBytes(digits.padStart(2 * Math.ceil(digits.length / 2), '0'))
      await state.putStorage(address, hexToBytes(slot), bytes)
    }
  }
}

/** As much of a blockchain as the library's VM asks for: hashes of blocks. */
export function blockchainOf(hashOf: (number: bigint) => Hash32 | undefined): never {
  const blockchain = {
    getBlock: async (number: number) => ({ hash: () => hashOf(BigInt(number)) }),
    putBlock: async () => {},
    validateHeader: async () => {},
    shallowCopy: () => blockchain,
  }
  return blockchain as never
}
