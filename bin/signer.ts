import type { PrivateKeyAccount } from 'viem/accounts'
import { DEV_ADDRESSES, devAccount } from '../genesis/accounts.ts'
import { invalidParams } from '../rpc/errors.ts'
import type { Signer } from '../rpc/eth/deps.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'

/** The ten public test accounts of a devnet. Keys that operate a rollup are never among them. */
export function devSigner(): Signer {
  return signerOf(DEV_ADDRESSES, devAccount)
}

/** Signs with the keys of these accounts; `account` makes one when it is first needed, which takes a while. */
export function signerOf(addresses: readonly string[], account: (index: number) => PrivateKeyAccount): Signer {
  const held = addresses.map((address) => address.toLowerCase())
  const made = new Map<number, PrivateKeyAccount>()
  const requireAccount = (address: Uint8Array): PrivateKeyAccount => {
    const index = held.indexOf(`0x${bytesToHex(address)}`)
    if (index < 0) throw new Error('asked to sign for an account whose key is not held')
    const known = made.get(index) ?? account(index)
    made.set(index, known)
    return known
  }
  return {
    addresses: held.map((address) => hexToBytes(address)),
    async sign(address, digest) {
      const signature = hexToBytes(await requireAccount(address).sign({ hash: `0x${bytesToHex(digest)}` }))
      return {
        r: BigInt(`0x${bytesToHex(signature.subarray(0, 32))}`),
        s: BigInt(`0x${bytesToHex(signature.subarray(32, 64))}`),
        yParity: signature[64] === 28 ? 1 : 0,
      }
    },
    async signTypedData(address, typedData) {
      const signing = requireAccount(address)
      try {
        return hexToBytes(await signing.signTypedData(typedData as Parameters<typeof signing.signTypedData>[0]))
      } catch (error) {
        // Whatever cannot be hashed by EIP-712 is the caller's mistake; the account itself is there.
        throw invalidParams(
          'argument 1 (typed data)',
          error instanceof Error ? firstLine(error.message) : String(error),
        )
      }
    },
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
