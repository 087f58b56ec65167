import type { Hex } from 'viem'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisAccount, GenesisJson } from '../execution/genesisJson.ts'
import type { BlockOutcome, Engine } from '../execution/types.ts'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import { createStateView } from '../stateless/stateView.ts'
import type { StateView } from '../stateless/types.ts'
import { DEPLOYER_ADDRESS } from './accounts.ts'
import { INITIAL_BASE_FEE } from './parameters.ts'

const DEPLOYER_BALANCE = 10n ** 30n
/** Deployment gas is not limited by what a block may hold: contracts of genesis are not bought. */
const DEPLOYMENT_GAS = 200_000_000n

/** A chain that only exists while genesis is made: every transaction is a block of its own on top of a bare genesis. */
export type ScratchChain = {
  /** a transaction of the deployer; @throws Error when it does not succeed */
  run(to: Hex, data: Hex, value: bigint): Promise<void>
  /** a view on the state after the last transaction; @throws Error when it does not succeed */
  call(to: Hex, data: Hex): Promise<Hex>
  /** alloc of everything the transactions left behind, without the deployer, the bare accounts and the blocks' own traces */
  alloc(): Record<string, GenesisAccount>
}

/**
 * Runs deployments, in the deployer's name, in the engine that will run the chain, so that constructors, immutables and storage come out as a
 * deployment by transactions would leave them. `bare` is not changed. The engine must be one that impersonates.
 */
export function startScratchChain(engine: Engine, bare: GenesisJson): ScratchChain {
  const alloc = { ...bare.alloc, [DEPLOYER_ADDRESS.toLowerCase()]: { balance: hex(DEPLOYER_BALANCE) } }
  const genesis = genesisBlock({ ...bare, alloc, gasLimit: hex(DEPLOYMENT_GAS) }, engine)
  const nodes = new Map<string, Uint8Array>(genesis.commit.nodes)
  const codes = new Map<string, Uint8Array>(genesis.changes.codes)
  const outcomes: BlockOutcome[] = []
  let parent = genesis.block
  let nonce = 0n

  const state = (): StateView =>
    createStateView({ getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }, parent.header.stateRoot)

  return {
    async run(to, data, value) {
      const number = parent.header.number + 1n
      const at = { number, timestamp: BigInt(bare.timestamp) + number }
      if (engine.impersonate === undefined) throw new Error('genesis: this engine wants signatures')
      // A signature would be the longest part of a start, and nothing of it is left in what comes out.
      const transaction = engine.impersonate(
        {
          type: 2,
          chainId: BigInt(bare.config.chainId),
          nonce: nonce++,
          to: hexToBytes(to),
          data: hexToBytes(data),
          value,
          gasLimit: DEPLOYMENT_GAS - 1_000_000n,
          maxFeePerGas: 10n * INITIAL_BASE_FEE,
          maxPriorityFeePerGas: 0n,
          accessList: [],
          sender: hexToBytes(DEPLOYER_ADDRESS),
        },
        at,
      )
      const assembly = await engine.beginBlock({
        parent: parent.header,
        parentHash: parent.hash,
        env: {
          ...at,
          coinbase: new Uint8Array(20),
          gasLimit: DEPLOYMENT_GAS,
          prevRandao: new Uint8Array(32),
          parentBeaconBlockRoot: new Uint8Array(32),
          slotNumber: number,
        },
        state: state(),
        blockHash: (asked) => (asked === parent.header.number ? parent.hash : undefined),
      })
      const outcome = await assembly.addTransaction(transaction)
      if (outcome === undefined || outcome.receipt.status !== 1) {
        throw new Error(`genesis deployment failed: ${outcome?.error} 0x${bytesToHex(outcome?.output ?? EMPTY_BYTES)}`)
      }
      const sealed = await assembly.seal()
      for (const [hash, node] of sealed.nodes) nodes.set(hash, node)
      for (const [hash, code] of sealed.changes.codes) codes.set(hash, code)
      outcomes.push(sealed)
      parent = sealed.block
    },
    async call(to, data) {
      const answer = await engine.call(
        { to: hexToBytes(to), data: hexToBytes(data) },
        { header: parent.header, state: state(), blockHash: () => undefined },
      )
      if (answer.status !== 'success') throw new Error(`genesis: a call of ${to} failed`)
      return `0x${bytesToHex(answer.output)}`
    },
    alloc() {
      const skipped = new Set(Object.keys(alloc).map((address) => address.slice(2)))
      return deployedAccounts(outcomes, state(), codes, skipped)
    },
  }
}

/** Accounts that transactions created, with their whole storage; not the sender, the fee recipient or the ring buffers. */
function deployedAccounts(
  outcomes: readonly BlockOutcome[],
  state: StateView,
  codes: ReadonlyMap<string, Uint8Array>,
  skipped: ReadonlySet<string>,
): Record<string, GenesisAccount> {
  const alloc: Record<string, GenesisAccount> = {}
  const touched = new Set(outcomes.flatMap((outcome) => [...outcome.changes.accounts.keys()]))
  for (const address of touched) {
    if (skipped.has(address) || /^0{40}$/.test(address)) continue
    const bytes = hexToBytes(address)
    const account = state.getAccount(bytes)
    if (account === undefined) continue
    const slots = new Set(outcomes.flatMap((outcome) => [...(outcome.changes.storage.get(address)?.keys() ?? [])]))
    const storage: Record<string, string> = {}
    for (const slot of [...slots].sort()) {
      const value = state.getStorage(bytes, hexToBytes(slot))
      if (value.length > 0) storage[`0x${slot}`] = `0x${bytesToHex(value).padStart(64, '0')}`
    }
    const code = codes.get(bytesToHex(account.codeHash))
    alloc[`0x${address}`] = {
      balance: hex(account.balance),
      nonce: hex(account.nonce),
      ...(code === undefined ? {} : { code: `0x${bytesToHex(code)}` }),
      ...(Object.keys(storage).length === 0 ? {} : { storage }),
    }
  }
  return alloc
}

const hex = (value: bigint): `0x${string}` => `0x${value.toString(16)}`
