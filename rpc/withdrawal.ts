import type { Withdrawal } from '../stateless/types.ts'
import { address, quantity64 } from './codec.ts'
import { described, type Parse, readObject } from './params.ts'
import { reference } from './schema.ts'

/** A withdrawal of the beacon chain (EIP-4895). */
export const withdrawal: Parse<Withdrawal> = described(reference('Withdrawal'), (value, path) => {
  const read = readObject(value, path)
  return {
    index: quantity64(read('index'), `${path}.index`),
    validatorIndex: quantity64(read('validatorIndex'), `${path}.validatorIndex`),
    address: address(read('address'), `${path}.address`),
    amount: quantity64(read('amount'), `${path}.amount`),
  }
})
