import type { BlockEnv } from '../../execution/types.ts'
import { concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Anchor } from '../anchor.ts'
import { slotKey } from '../contracts.ts'
import type { BuildL2Request, L2BuilderOptions } from './builderTypes.ts'

/** contracts.md 1.1: what the rollup contract binds besides parent, number and state. */
export function l2Env(
  { parent, anchor, timestamp }: Pick<BuildL2Request, 'parent' | 'timestamp'> & { anchor: Pick<Anchor, 'hash'> },
  options: Pick<L2BuilderOptions, 'coinbase' | 'gasLimit'>,
): BlockEnv {
  const number = parent.header.number + 1n
  const anchorHash = hexToBytes(anchor.hash)
  return {
    number,
    timestamp,
    coinbase: options.coinbase(),
    gasLimit: options.gasLimit,
    prevRandao: keccak256(concatBytes([anchorHash, slotKey(number)])),
    parentBeaconBlockRoot: anchorHash,
    slotNumber: number,
    withdrawals: [],
  }
}
