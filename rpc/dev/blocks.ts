import { address, hash } from '../codec.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { L1DevDeps, L2DevDeps } from './deps.ts'
import { action, amount, amountBetween, answering, named } from './values.ts'

/** Below this the access list that the system calls of an Amsterdam block leave would be above its limit (EIP-7928). */
const MIN_GAS_LIMIT = 1_000_000n
const MAX_GAS_LIMIT = 1_000_000_000_000n

/** What L1 blocks are made with from the next one on; base fee and prev_randao of the next one only. */
export function blockSettingMethods({ node: { producer } }: Pick<L1DevDeps, 'node'>): MethodTable {
  const gasLimit = method([required('gas limit', amountBetween(MIN_GAS_LIMIT, MAX_GAS_LIMIT))], ([limit]) =>
    producer.set({ gasLimit: limit }),
  )
  return {
    ...coinbaseMethods({ setCoinbase: (coinbase) => producer.set({ coinbase }) }),
    ...named(['evm_setBlockGasLimit', 'anvil_setBlockGasLimit', 'hardhat_setBlockGasLimit'], answering(true, gasLimit)),
    ...action(
      'setNextBlockBaseFeePerGas',
      method([required('base fee per gas', amount(128))], ([baseFeePerGas]) => producer.setNext({ baseFeePerGas })),
    ),
    ...action(
      'setMinGasPrice',
      method([required('gas price', amount(128))], ([minGasPrice]) => producer.set({ minGasPrice })),
    ),
    ...action(
      'setPrevRandao',
      method([required('prevRandao', hash)], ([prevRandao]) => producer.setNext({ prevRandao })),
    ),
  }
}

/** `setCoinbase` may refuse. */
export function coinbaseMethods({ setCoinbase }: Pick<L2DevDeps, 'setCoinbase'>): MethodTable {
  return action(
    'setCoinbase',
    method([required('address', address)], ([coinbase]) => setCoinbase(coinbase)),
  )
}
