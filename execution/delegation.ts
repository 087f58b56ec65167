import { Address } from '@ethereumjs/util'

const LENGTH = 23

/** EIP-7702: exactly 23 bytes, ef0100 and an address. Anything else is ordinary code. */
export function isDelegation(code: Uint8Array): boolean {
  return code.length === LENGTH && code[0] === 0xef && code[1] === 0x01 && code[2] === 0x00
}

/** Whose code runs instead. */
export function delegateOf(code: Uint8Array): Address | undefined {
  return isDelegation(code) ? new Address(code.slice(3)) : undefined
}
