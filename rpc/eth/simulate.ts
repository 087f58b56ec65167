import type {
  CallRequest,
  SimulatedBlock,
  SimulatedCall,
  SimulationBlock,
  SimulationRequest,
} from '../../execution/types.ts'
import type { FoundLog } from '../../node/types.ts'
import type { Hash32 } from '../../stateless/types.ts'
import { type BlockParameter, blockParameter, findBlock, isPending, LATEST } from '../blockParameter.ts'
import { callObject, simulatedBlockOverrides, stateOverrides } from '../callObject.ts'
import { invalidParams, RpcError, toRpcError } from '../errors.ts'
import { formatBlock, formatHydratedBlock } from '../format/block.ts'
import { formatLog } from '../format/receipt.ts'
import { toData, toQuantity } from '../hex.ts'
import { bool, described, list, method, type Parse, property, readObject, required, withDefault } from '../params.ts'
import { revertError } from '../revertReason.ts'
import { reference } from '../schema.ts'
import { createPauses, mapInSlices } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { checkedRequest } from './call.ts'
import { type EthDeps, ethLimits } from './deps.ts'
import type { RunCall } from './runCall.ts'

/** geth internal/ethapi/simulate.go */
const MAX_BLOCKS = 256
const MAX_CALLS = 5_000

type Options = Pick<SimulationRequest, 'blocks' | 'traceTransfers' | 'validation'> & { returnFullTransactions: boolean }
type Base = Pick<SimulationRequest, 'base' | 'nodes' | 'blockHash'>

/** Whole blocks of calls that nobody keeps (execution-apis src/eth/execute.yaml). */
export function simulateMethods(deps: EthDeps, runCall: RunCall): MethodTable {
  const { chain } = deps
  const { simulationGasCap } = ethLimits(deps)
  const params = [required('payload', simulatePayload(deps)), withDefault('block', blockParameter, LATEST)] as const
  return {
    eth_simulateV1: method(params, ([options, block], context) =>
      runCall(context, async (turns) => {
        const { returnFullTransactions, ...wanted } = options
        const base = await simulationBase(deps, block)
        const blocks = await chain.engine.simulate({ ...base, ...wanted, gasCap: simulationGasCap, ...turns })
        const shown: object[] = []
        for (const simulated of blocks) shown.push(await formatSimulated(simulated, returnFullTransactions))
        return shown
      }),
    ),
  }
}

async function simulationBase(
  { chain, pending }: Pick<EthDeps, 'chain' | 'pending'>,
  block: BlockParameter,
): Promise<Base> {
  if (isPending(block)) {
    const { block: base, nodes, parent } = await pending.get()
    return { base, nodes, blockHash: chain.ancestorHashes(parent) }
  }
  const base = findBlock(chain, block)
  if (base === undefined) throw new RpcError('NO_SUCH_BASE', 'header not found')
  // Throws ChainError STATE_UNAVAILABLE.
  chain.stateAt(base.header.stateRoot)
  return { base, nodes: chain.nodes, blockHash: chain.ancestorHashes(base) }
}

function simulatePayload(deps: EthDeps): Parse<Options> {
  return described(reference('SimulatePayload'), (value, path) => {
    const read = readObject(value, path)
    const blocks = list(simulationBlock(deps), MAX_BLOCKS)
    const rows = read('blockStateCalls')
    if (Array.isArray(rows) && rows.length > MAX_BLOCKS) throw tooLarge('blocks', rows.length, MAX_BLOCKS)
    if (rows === undefined || (Array.isArray(rows) && rows.length === 0)) {
      throw invalidParams(`${path}.blockStateCalls`, 'empty input')
    }
    const parsed = blocks(rows, `${path}.blockStateCalls`)
    const count = parsed.reduce((sum, block) => sum + block.calls.length, 0)
    if (count > MAX_CALLS) throw tooLarge('calls', count, MAX_CALLS)
    const flag = (name: string) => {
      const given = read(name)
      return given === undefined ? false : bool(given, `${path}.${name}`)
    }
    return {
      blocks: parsed,
      traceTransfers: flag('traceTransfers'),
      validation: flag('validation'),
      returnFullTransactions: flag('returnFullTransactions'),
    }
  })
}

function tooLarge(what: string, have: number, limit: number): RpcError {
  return new RpcError('SIMULATION_TOO_LARGE', `too many ${what}: ${have}, at most ${limit} are simulated`, {
    have,
    limit,
  })
}

function simulationBlock(deps: EthDeps): Parse<SimulationBlock> {
  const call: Parse<CallRequest> = (value, path) => checkedRequest(deps, callObject(value, path), path)
  const calls = list(call, MAX_CALLS)
  return (value, path) => {
    const read = readObject(value, path)
    const given = read('calls')
    if (Array.isArray(given) && given.length > MAX_CALLS) throw tooLarge('calls', given.length, MAX_CALLS)
    return {
      calls: [],
      ...property(read, path, 'calls', 'calls', calls),
      ...property(read, path, 'stateOverrides', 'stateOverrides', stateOverrides),
      ...property(read, path, 'blockOverrides', 'blockOverride', simulatedBlockOverrides),
    }
  }
}

async function formatSimulated({ block, transactions, calls }: SimulatedBlock, full: boolean): Promise<object> {
  const shown = full ? await formatHydratedBlock(block, transactions) : formatBlock(block, transactions)
  const pause = createPauses()
  const shownCalls: object[] = []
  for (const [index, call] of calls.entries()) {
    shownCalls.push(await formatCall(call, { block, index, hash: transactions[index]?.hash ?? block.hash }))
    await pause()
  }
  return { ...shown, calls: shownCalls }
}

type Place = { block: SimulatedBlock['block']; index: number; hash: Hash32 }

async function formatCall(call: SimulatedCall, place: Place): Promise<object> {
  const succeeded = call.status === 'success'
  return {
    returnData: succeeded ? toData(call.output) : '0x',
    logs: await mapInSlices(call.logs, ({ log, index }) => formatLog(found(log, index, place))),
    gasUsed: toQuantity(call.gasUsed),
    maxUsedGas: toQuantity(call.maxUsedGas),
    status: succeeded ? '0x1' : '0x0',
    ...(succeeded ? {} : { error: callError(call) }),
  }
}

function callError(call: Exclude<SimulatedCall, { status: 'success' }>) {
  return toRpcError(call.status === 'halted' ? new RpcError('VM_ERROR', call.error) : revertError(call.output))
}

function found(log: FoundLog['log'], logIndex: number, { block, index, hash }: Place): FoundLog {
  return {
    log,
    blockHash: block.hash,
    blockNumber: block.header.number,
    blockTimestamp: block.header.timestamp,
    transactionHash: hash,
    transactionIndex: index,
    logIndex,
  }
}
