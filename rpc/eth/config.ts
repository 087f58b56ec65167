import { crc32 } from 'node:zlib'
import type { ForkRules, ScheduledFork } from '../../execution/types.ts'
import type { Chain } from '../../node/types.ts'
import type { Hash32 } from '../../stateless/types.ts'
import { toData, toQuantity } from '../hex.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'

/** Beyond every fork that is scheduled by block number: EIP-7910 knows proof of stake only, where time decides. */
const LATE_BLOCK = 2n ** 63n

/** eth_config (EIP-7910): the rules now, at the next fork, and at the last one that is scheduled. */
export function configMethods({ chain }: { chain: Chain }): MethodTable {
  return { eth_config: method([], () => config(chain)) }
}

function config(chain: Chain) {
  const { number, timestamp } = chain.head().header
  const blocks = chain.engine.forks.flatMap((fork) => ('block' in fork ? [fork.block] : []))
  const times = chain.engine.forks.flatMap((fork) => ('time' in fork ? [fork.time] : []))
  const current = blocks.every((block) => block <= number) ? times.findLast((time) => time <= timestamp) : undefined
  const next = times.find((time) => time > timestamp)
  return {
    // Before the first fork that a time decides there is nothing that this method could tell (as geth).
    current: current === undefined ? null : forkConfig(chain, current),
    next: next === undefined ? null : forkConfig(chain, next),
    last: next === undefined ? null : forkConfig(chain, times.at(-1) ?? next),
  }
}

/** The configuration from this time on. */
function forkConfig(chain: Chain, time: bigint) {
  const { blobs, precompiles, systemContracts } = chain.engine.rulesAt({ number: LATE_BLOCK, timestamp: time })
  return {
    activationTime: Number(time <= chain.genesis.header.timestamp ? 0n : time),
    blobSchedule: formatBlobs(blobs),
    chainId: toQuantity(chain.chainId),
    forkId: toData(forkHash(chain.genesis.hash, chain.genesis.header.timestamp, chain.engine.forks, time)),
    precompiles: formatAddresses(precompiles),
    systemContracts: formatAddresses(systemContracts),
  }
}

function formatBlobs(blobs: ForkRules['blobs']) {
  if (blobs === undefined) return null
  return { baseFeeUpdateFraction: blobs.baseFeeUpdateFraction, max: blobs.max, target: blobs.target }
}

function formatAddresses(addresses: ReadonlyMap<string, Uint8Array>) {
  return Object.fromEntries([...addresses].map(([name, address]) => [name, toData(address)]))
}

/** FORK_HASH of EIP-6122: CRC-32 over the genesis hash and every fork after genesis, blocks before times, each once. */
export function forkHash(
  genesisHash: Hash32,
  genesisTime: bigint,
  forks: readonly ScheduledFork[],
  time: bigint,
): Uint8Array {
  const blocks = forks.flatMap((fork) => ('block' in fork && fork.block > 0n ? [fork.block] : []))
  const times = forks.flatMap((fork) => ('time' in fork && fork.time > genesisTime ? [fork.time] : []))
  const passed = [...new Set(blocks), ...new Set(times.filter((at) => at <= time))]
  const checksum = passed.reduce((sum, at) => crc32(uint64(at), sum), crc32(genesisHash))
  return uint64(BigInt(checksum)).subarray(4)
}

/** 8 bytes, big-endian */
function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}
