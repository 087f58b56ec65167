/** Keys of the store. One character tells the kind; hashes are lower-case hex, numbers 16 hex digits, so they sort. */

export const FORMAT_KEY = 'format'
export const GENESIS_KEY = 'genesis'
export const HEAD_KEY = 'head'

export const nodeKey = (hash: string): string => `n${hash}`
export const codeKey = (hash: string): string => `c${hash}`
export const headerKey = (blockHash: string): string => `h${blockHash}`
export const bodyKey = (blockHash: string): string => `b${blockHash}`
export const receiptsKey = (blockHash: string): string => `r${blockHash}`
export const blockAccessListKey = (blockHash: string): string => `a${blockHash}`
/** what a devnet changed by hand in this block */
export const injectedChangesKey = (blockHash: string): string => `i${blockHash}`
/** canonical chain only */
export const hashByNumberKey = (number: bigint): string => `k${paddedNumber(number)}`
/** canonical chain only; absent when the block has no logs */
export const bloomByNumberKey = (number: bigint): string => `l${paddedNumber(number)}`
/** canonical chain only */
export const transactionKey = (transactionHash: string): string => `t${transactionHash}`
export const metaKey = (name: string): string => `m${name}`

function paddedNumber(number: bigint): string {
  return number.toString(16).padStart(16, '0')
}
