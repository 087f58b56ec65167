import type { Snapshots } from '../../node/snapshots.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { toData, toQuantity } from '../hex.ts'
import { bool, method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { DevDeps } from './deps.ts'
import { action, answering, named } from './values.ts'

/** What tools ask a development node about itself. */
export function infoMethods(deps: DevDeps, snapshots?: Snapshots): MethodTable {
  const { chain, clientVersion } = deps
  const metadata = method([], () => ({
    clientVersion,
    chainId: Number(chain.chainId),
    instanceId: instanceId(deps),
    latestBlockNumber: Number(chain.head().header.number),
    latestBlockHash: toData(chain.head().hash),
    snapshots: Object.fromEntries(
      (snapshots?.list() ?? []).map(({ id, number, hash }) => [toQuantity(id), [Number(number), toData(hash)]]),
    ),
  }))
  return {
    anvil_nodeInfo: method([], () => nodeInfo(deps)),
    ...named(['anvil_metadata', 'hardhat_metadata'], metadata),
    // What is logged is decided by --log-level; every transaction can be traced at any time (debug_).
    ...action(
      'setLoggingEnabled',
      method([required('enabled', bool)], () => undefined),
    ),
    anvil_enableTraces: answering(
      null,
      method([], () => undefined),
    ),
  }
}

/** The same for as long as this chain exists: our chains have no other identity. */
const instanceId = ({ chain }: DevDeps): string => toData(keccak256(chain.genesis.hash))

/** Fork names as anvil writes them: "Osaka". */
const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)

function nodeInfo({ chain, clock }: DevDeps) {
  const { header, hash } = chain.head()
  const timestamp = BigInt(Math.floor(clock.nowMs() / 1000))
  const next = timestamp > header.timestamp ? timestamp : header.timestamp + 1n
  const baseFee = chain.engine.nextBaseFee(header, next) ?? 0n
  return {
    currentBlockNumber: toQuantity(header.number),
    currentBlockTimestamp: Number(header.timestamp),
    currentBlockHash: toData(hash),
    hardFork: capitalised(chain.engine.forkAt(header)),
    transactionOrder: 'fees',
    environment: {
      baseFee: toQuantity(baseFee),
      chainId: Number(chain.chainId),
      gasLimit: toQuantity(header.gasLimit),
      gasPrice: toQuantity(baseFee + 1_000_000_000n),
    },
    forkConfig: { forkUrl: null, forkBlockNumber: null, forkRetryBackoff: null },
  }
}
