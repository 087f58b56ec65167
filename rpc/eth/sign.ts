import { bytesEqual, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Address20 } from '../../stateless/types.ts'
import { address, data } from '../codec.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { toData, toWord } from '../hex.ts'
import { describe, described, method, optional, type Parse, required, text } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { EthDeps, Signer } from './deps.ts'
import type { Signature } from './unsignedTransaction.ts'

/**
 * Keys of a devnet's public test accounts. A node without keys says so when asked to sign. Impersonated senders are
 * listed with the accounts (as anvil does): libraries refuse to send for accounts that are not.
 */
export function signMethods({ signer, impersonation }: Pick<EthDeps, 'signer' | 'impersonation'>): MethodTable {
  const addressParam = required('address', address)
  const messageParam = required('message', data)
  const signMessage = async (account: Address20, message: Uint8Array) => {
    const signature = await requireKey(signer, account).sign(account, messageHash(message))
    return toData(encodeSignature(signature))
  }
  const signTypedData = method([addressParam, required('typed data', typedData)], async ([account, value]) =>
    toData(await requireKey(signer, account).signTypedData(account, value)),
  )
  const accounts = method([], () => [
    ...new Set([...(signer?.addresses ?? []), ...(impersonation?.addresses() ?? [])].map(toData)),
  ])
  return {
    eth_accounts: accounts,
    // Wallets ask their user here (EIP-1102); libraries that take a node for a wallet ask it all the same.
    eth_requestAccounts: accounts,
    eth_sign: method([addressParam, messageParam], ([account, message]) => signMessage(account, message)),
    // The keys have no passwords; older libraries send one all the same.
    personal_sign: method([messageParam, addressParam, optional('password', text)], ([message, account]) =>
      signMessage(account, message),
    ),
    eth_signTypedData_v4: signTypedData,
    eth_signTypedData_v3: signTypedData,
  }
}

/** The signer, when it holds the key of this account. Throws RpcError NO_KEYS and UNKNOWN_ACCOUNT. */
export function requireKey(signer: Signer | undefined, account: Address20): Signer {
  if (signer === undefined || signer.addresses.length === 0) {
    throw new RpcError('NO_KEYS', 'this node holds no keys; sign with your wallet and use eth_sendRawTransaction')
  }
  if (signer.addresses.some((held) => bytesEqual(held, account))) return signer
  throw new RpcError('UNKNOWN_ACCOUNT', `unknown account ${toData(account)}`)
}

/** EIP-191, version 0x45. */
function messageHash(message: Uint8Array): Uint8Array {
  const prefix = new TextEncoder().encode(`\x19Ethereum Signed Message:\n${message.length}`)
  return keccak256(concatBytes([prefix, message]))
}

/** r, s and v of 27 or 28, 65 bytes. */
function encodeSignature({ r, s, yParity }: Signature): Uint8Array {
  return concatBytes([hexToBytes(toWord(r)), hexToBytes(toWord(s)), Uint8Array.of(27 + yParity)])
}

/** EIP-712 typed data as an object, or as the JSON text of one (as MetaMask takes it). */
const typedData: Parse<object> = described({ type: ['object', 'string'] }, (value, path) => {
  const parsed = typeof value === 'string' ? parseJson(value, path) : value
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalidParams(path, `expected an object, got ${describe(parsed)}`)
  }
  for (const key of ['types', 'primaryType', 'message']) {
    if (!(key in parsed)) throw invalidParams(path, `${key} is missing`)
  }
  return parsed
})

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidParams(path, 'expected an object or its JSON text')
  }
}
