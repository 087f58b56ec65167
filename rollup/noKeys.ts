import { type LocalAccount, zeroAddress } from 'viem'
import { toAccount } from 'viem/accounts'

const refuse = (): never => {
  throw new Error('a follower was asked to sign')
}

/** Stands in a follower for the operators whose keys it has not: nobody's address, and it signs nothing. */
export const NO_KEYS: LocalAccount = toAccount({
  address: zeroAddress,
  signMessage: refuse,
  signTransaction: refuse,
  signTypedData: refuse,
})
