import { ChainError } from '../../node/errors.ts'
import { increaseTime, nowSeconds, setTime } from '../../node/timeTravel.ts'
import { RpcError } from '../errors.ts'
import { DEV_DOCS } from '../openrpc/devDocs.ts'
import type { MethodTable } from '../types.ts'
import { coinbaseMethods } from './blocks.ts'
import type { L2DevDeps } from './deps.ts'
import { dumpMethods } from './dump.ts'
import { infoMethods } from './info.ts'
import { type Miner, miningMethods } from './mining.ts'
import { refusing } from './refused.ts'
import { increaseTimeMethod } from './time.ts'
import { named } from './values.ts'

/** as many as a call has time for, with their settlement going on beside them */
const MAX_BLOCKS = 256n
const MAX_BLOCKS_HINT =
  'each L2 block is proved and settled on L1; call again for the rest, or use evm_increaseTime where only time should pass'

const UNPROVABLE =
  'refused on L2, it would make this rollup unprovable: L1 re-executes every L2 block from its transactions'
const FOLLOWS_L1 = 'refused on L2, which follows L1: a settled block cannot be taken back here'
const BOUND_BY_L1 = 'refused on L2, where the rollup contract on L1 binds it'
const USE_L1_SNAPSHOT = 'use it on L1, and L2 goes back with it'
const SIGN = 'sign with the key of the account, or impersonate it on L1 and send a message through L1Messenger'
const USE_INCREASE_TIME = 'use evm_increaseTime, which moves the clock of both chains'

/** Why a method is refused, and what to do instead: by the part of its name that the families of tools share. */
const REASONS: Readonly<Record<string, string>> = {
  setBalance: `${UNPROVABLE}; deposit through L1Messenger instead, or send from a funded account`,
  addBalance: `${UNPROVABLE}; deposit through L1Messenger instead, or send from a funded account`,
  setAccountBalance: `${UNPROVABLE}; deposit through L1Messenger instead, or send from a funded account`,
  setCode: `${UNPROVABLE}; deploy the code with a transaction instead`,
  setAccountCode: `${UNPROVABLE}; deploy the code with a transaction instead`,
  setNonce: `${UNPROVABLE}; send transactions instead`,
  setAccountNonce: `${UNPROVABLE}; send transactions instead`,
  setStorageAt: `${UNPROVABLE}; call the contract with a transaction instead`,
  setAccountStorageAt: `${UNPROVABLE}; call the contract with a transaction instead`,
  dealERC20: `${UNPROVABLE}; transfer or mint tokens with a transaction instead`,
  setERC20Allowance: `${UNPROVABLE}; approve with a transaction instead`,
  loadState: `${UNPROVABLE}; load the state on L1, or send transactions instead`,
  impersonateAccount: `${UNPROVABLE}, and they must be signed; ${SIGN}`,
  stopImpersonatingAccount: `${UNPROVABLE}, and they must be signed; ${SIGN}`,
  autoImpersonateAccount: `${UNPROVABLE}, and they must be signed; ${SIGN}`,
  sendUnsignedTransaction: `${UNPROVABLE}, and they must be signed; ${SIGN}`,
  snapshot: `${FOLLOWS_L1}; ${USE_L1_SNAPSHOT}`,
  revert: `${FOLLOWS_L1}; ${USE_L1_SNAPSHOT}`,
  reset: `${FOLLOWS_L1}; ${USE_L1_SNAPSHOT}`,
  rollback: `${FOLLOWS_L1}; ${USE_L1_SNAPSHOT}`,
  reorg: `${FOLLOWS_L1}; ${USE_L1_SNAPSHOT}`,
  setNextBlockTimestamp: `${BOUND_BY_L1}, between the L1 block it refers to and the one that settles it; ${USE_INCREASE_TIME}`,
  setTime: `${BOUND_BY_L1}, between the L1 block it refers to and the one that settles it; ${USE_INCREASE_TIME}`,
  setBlockTimestampInterval: `${BOUND_BY_L1}, between the L1 block it refers to and the one that settles it; ${USE_INCREASE_TIME}`,
  removeBlockTimestampInterval: `${BOUND_BY_L1}, between the L1 block it refers to and the one that settles it; ${USE_INCREASE_TIME}`,
  setNextBlockBaseFeePerGas: `${UNPROVABLE}, and its base fee follows from the parent (EIP-1559); change it on L1, or fill blocks`,
  setMinGasPrice: 'refused on L2, whose builder takes whatever pays the base fee; set it on L1',
  setBlockGasLimit: `${BOUND_BY_L1}; start a rollup with another gas limit instead`,
  setPrevRandao: `${BOUND_BY_L1}, to the hash of an L1 block; mine another block on L1 instead`,
  setRpcUrl: 'this node does not fork other chains',
  setChainId: 'the chain id is part of the rollup contract on L1; deploy another rollup instead',
}

/** anvil_, hardhat_ and evm_ methods of a devnet's L2: those that leave it provable; the others say why not. */
export function l2DevMethods(deps: L2DevDeps): MethodTable {
  const served: MethodTable = {
    ...infoMethods(deps),
    ...miningMethods(deps, l2Miner(deps)),
    ...named(['evm_increaseTime', 'anvil_increaseTime', 'hardhat_increaseTime'], increaseTimeMethod(deps.clock)),
    ...coinbaseMethods(deps),
    ...dumpMethods(deps),
  }
  return { ...refusedOn(Object.keys(DEV_DOCS).filter((name) => !(name in served))), ...served }
}

function refusedOn(names: readonly string[]): MethodTable {
  return Object.fromEntries(
    names.map((name) => {
      const reason = REASONS[name.slice(name.indexOf('_') + 1)]
      if (reason === undefined) throw new Error(`no reason why ${name} is refused on L2`)
      return [name, refusing(name, reason)]
    }),
  )
}

function l2Miner({ chain, sealer, clock, obstacle }: L2DevDeps): Miner {
  return {
    maxBlocks: MAX_BLOCKS,
    maxBlocksHint: MAX_BLOCKS_HINT,
    async mine(_style, _index, interval) {
      if (interval > 0n) increaseTime(clock, interval)
      // Blocks of one second each must not run ahead of L1, which could not settle them then: time goes along.
      const earliest = chain.head().header.timestamp + 1n
      if (earliest > nowSeconds(clock)) setTime(clock, earliest)
      const block = await sealer.sealNow()
      if (block !== undefined) return block
      throw new ChainError('CANNOT_SEAL', `no L2 block can be sealed now: ${obstacle() ?? 'the sequencer is busy'}`)
    },
    setNextTimestamp() {
      throw new RpcError('METHOD_REFUSED', `evm_mine with a timestamp: ${REASONS.setNextBlockTimestamp}`)
    },
  }
}
