import { type AddressLike, assertArgument, type BytesLike, hexlify, isHexString, resolveAddress } from 'ethers'
import type { Address, Hash, Hex } from 'viem'

/** A transaction that was sent: its hash, or what ethers has of it. */
export type Sent = string | { readonly hash: string }

/** A checked address; contracts and signers of ethers stand for theirs. Throws ethers' INVALID_ARGUMENT. */
export async function toAddress(value: AddressLike): Promise<Address> {
  return hexOf(await resolveAddress(value))
}

export function toHex(value: BytesLike): Hex {
  return hexOf(hexlify(value))
}

export function toHash(sent: Sent): Hash {
  const hash = typeof sent === 'string' ? sent : sent.hash
  assertArgument(isHexString(hash, 32), 'this is not the hash of a transaction', 'hash', hash)
  return hexOf(hash)
}

export async function optionalAddress(value: AddressLike | undefined): Promise<Address | undefined> {
  return value === undefined ? undefined : toAddress(value)
}

export function optionalHex(value: BytesLike | undefined): Hex | undefined {
  return value === undefined ? undefined : toHex(value)
}

/** Without what is undefined. */
export function defined<Values extends object>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

/** ethers checked it, and has no type for it. */
function hexOf(text: string): Hex {
  return text as Hex
}
