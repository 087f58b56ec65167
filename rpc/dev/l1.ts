import { ChainError } from '../../node/errors.ts'
import { increaseTime, setNextTimestamp } from '../../node/timeTravel.ts'
import type { MethodTable } from '../types.ts'
import { blockSettingMethods } from './blocks.ts'
import type { L1DevDeps } from './deps.ts'
import { dumpMethods } from './dump.ts'
import { tokenMethods } from './erc20.ts'
import { historyMethods } from './history.ts'
import { infoMethods } from './info.ts'
import { loadMethods } from './load.ts'
import { type Miner, miningMethods } from './mining.ts'
import { refusedMethods } from './refused.ts'
import { senderMethods } from './senders.ts'
import { stateMethods } from './state.ts'
import { timeMethods } from './time.ts'

/** About ten seconds of processor time; where the time of a call is over before, the error says how far it came. */
const MAX_BLOCKS = 2_500n

/** anvil_, hardhat_ and evm_ methods of a devnet's L1. */
export function l1DevMethods(deps: L1DevDeps): MethodTable {
  return {
    ...infoMethods(deps, deps.snapshots),
    ...miningMethods(deps, l1Miner(deps)),
    ...timeMethods(deps),
    ...blockSettingMethods(deps),
    ...stateMethods(deps),
    ...tokenMethods(deps),
    ...senderMethods(deps),
    ...historyMethods(deps),
    ...dumpMethods(deps),
    ...loadMethods(deps),
    ...refusedMethods({
      setRpcUrl: 'this node does not fork other chains',
      setChainId: 'the chain id is part of every signature on this chain; start a node with a genesis of another id',
    }),
  }
}

function l1Miner({ node, clock }: L1DevDeps): Miner {
  const { chain, sealer, producer } = node
  return {
    maxBlocks: MAX_BLOCKS,
    maxBlocksHint: 'call again for the rest',
    async mine(style, index, interval) {
      // anvil lets the interval pass before the first block too, hardhat between two only
      if (interval > 0n && index > 0n) setNextTimestamp(producer, clock, chain.head().header.timestamp + interval)
      else if (style === 'anvil') increaseTime(clock, interval)
      const block = await sealer.sealNow()
      if (block === undefined) throw new ChainError('CANNOT_SEAL', 'no block could be sealed')
      return block
    },
    setNextTimestamp: (timestamp) => setNextTimestamp(producer, clock, timestamp),
  }
}
