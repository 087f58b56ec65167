import { keccak256 } from '../../stateless/keccak.ts'
import { data } from '../codec.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'

/** web3_. `clientVersion`: "reenact/v0.1.0/...". */
export function web3Methods({ clientVersion }: { clientVersion: string }): MethodTable {
  return {
    web3_clientVersion: method([], () => clientVersion),
    web3_sha3: method([required('data', data)], ([bytes]) => toData(keccak256(bytes))),
  }
}
