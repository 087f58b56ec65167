import type { Chain } from '../../node/types.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'

/** net_: the network id is the chain id, and there are no peers. */
export function netMethods({ chain }: { chain: Chain }): MethodTable {
  return {
    net_version: method([], () => chain.chainId.toString()),
    net_listening: method([], () => true),
    net_peerCount: method([], () => '0x0'),
  }
}
