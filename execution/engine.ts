import { createAccessList } from './accessListSearch.ts'
import { beginBlock } from './assembly.ts'
import { authoritiesOf } from './authorities.ts'
import { runCallRequest } from './call.ts'
import type { CallDeps } from './callRun.ts'
import { createKeptVms } from './callVms.ts'
import type { ChainSpec } from './chainSpec.ts'
import type { Crypto } from './crypto.ts'
import { estimateGas } from './estimate.ts'
import { type BlockDeps, executeBlock } from './executeBlock.ts'
import { blobBaseFee, nextBaseFee, nextExcessBlobGas } from './fees.ts'
import { forkRules } from './forkRules.ts'
import { encodeImpersonated } from './impersonation.ts'
import { defaultPaths } from './paths.ts'
import { minerReward } from './rewards.ts'
import { createRunBlock, type RejectionLogger } from './runBlock.ts'
import { simulate } from './simulate.ts'
import { changesBefore, traceBlock } from './traceBlock.ts'
import { traceCall } from './traceCall.ts'
import { minimumGas } from './transactionGas.ts'
import { decodeOwnTransaction, decodeTransaction } from './transactions.ts'
import type { Engine, EnginePaths, ExecutePrecompile, ForkRules } from './types.ts'

import { verifySidecar } from './verifySidecar.ts'

export type EngineOptions = {
  spec: ChainSpec
  crypto: Crypto
  logger: RejectionLogger
  /** L1 only: what runs behind 0x0101 while the fork `nativeRollups` is active */
  execute?: ExecutePrecompile
  /** any L1 of ours: what its own store holds may have senders that did not sign, and headers that were bent by hand */
  impersonation?: boolean
  /** how long a run may hold the event loop; 10 by default */
  yieldEveryMs?: number
  /** default: `defaultPaths()` */
  paths?: EnginePaths
}

/** The engine of one chain on EthereumJS. It keeps fork tables and, for calls, idle VMs; every other run makes its own VM. */
export function createEngine(options: EngineOptions): Engine {
  const { spec, crypto, logger, execute, yieldEveryMs, impersonation = false, paths = defaultPaths() } = options
  const deps: BlockDeps = { spec, crypto, logger, execute, yieldEveryMs, impersonation, paths }
  const callDeps: CallDeps = { spec, paths, vms: createKeptVms({ execute, yieldEveryMs, paths }) }
  const rulesAt = createRules(spec, execute !== undefined)
  return {
    chainId: spec.chainId,
    decodeTransaction: (raw, at) => decodeTransaction(raw, spec.sharedCommonAt(at), crypto),
    decodeStored: (raw, at) =>
      (impersonation ? decodeOwnTransaction : decodeTransaction)(raw, spec.sharedCommonAt(at), crypto),
    ...(impersonation
      ? {
          impersonate: (tx, at) => decodeOwnTransaction(encodeImpersonated(tx), spec.sharedCommonAt(at), crypto),
        }
      : {}),
    forkAt: (at) => spec.forkAt(at),
    blockReward: (at) => minerReward(spec.sharedCommonAt(at)),
    hasEip: (eip, at) => spec.hasEip(eip, at),
    forks: spec.forks,
    rulesAt,
    nextBaseFee: (parent, timestamp) => nextBaseFee(parent, childCommon(spec, parent.number, timestamp)),
    nextExcessBlobGas: (parent, timestamp) => nextExcessBlobGas(parent, childCommon(spec, parent.number, timestamp)),
    blobBaseFee: (header) => blobBaseFee(header, spec.sharedCommonAt(header)),
    verifyBlobs: (tx) => verifySidecar(tx, crypto),
    authorities: (tx) => authoritiesOf(tx, spec.chainId, crypto),
    minimumGas: (tx, at) => minimumGas(tx, spec.sharedCommonAt(at)),
    executeBlock: (request) => executeBlock(request, deps),
    beginBlock: (request) => beginBlock(request, deps),
    call: (call, context) => runCallRequest(call, context, callDeps),
    traceBlock: (request) => traceBlock(request, deps),
    traceCall: (call, context) => traceCall(call, context, callDeps),
    changesBefore: (request, count) => changesBefore(request, count, deps),
    estimateGas: (call, context) => estimateGas(call, context, callDeps),
    createAccessList: (call, context) => createAccessList(call, context, callDeps),
    simulate: (request) => simulate(request, deps),
    runBlock: createRunBlock({ crypto, logger }, { yieldEveryMs, paths }),
  }
}

/** Made once for each fork. */
function createRules(spec: ChainSpec, hasExecute: boolean): Engine['rulesAt'] {
  const known = new Map<string, ForkRules>()
  return (at) => {
    const fork = spec.forkAt(at)
    const rules =
      known.get(fork) ??
      forkRules({
        hasEip: (eip) => spec.hasEip(eip, at),
        blobs: spec.blobParams(fork),
        depositContractAddress: spec.depositContractAddress,
        hasExecute,
      })
    known.set(fork, rules)
    return rules
  }
}

function childCommon(spec: ChainSpec, parentNumber: bigint, timestamp: bigint) {
  return spec.sharedCommonAt({ number: parentNumber + 1n, timestamp })
}
