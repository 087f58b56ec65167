import type * as client from 'reenact/viem'
import { devnetActions, rollupActions } from 'reenact/viem'
import { type Abi, createPublicClient, type Hex, http, rpcSchema } from 'viem'
import { expectTypeOf, test } from 'vitest'
import type * as archive from '../../rpc/rollup/archive.ts'
import type * as config from '../../rpc/rollup/config.ts'
import type * as costs from '../../rpc/rollup/costs.ts'
import type * as crossMessages from '../../rpc/rollup/crossMessages.ts'
import type * as devnet from '../../rpc/rollup/devnet.ts'
import type * as devnetTools from '../../rpc/rollup/devnetTools.ts'
import type * as execute from '../../rpc/rollup/execute.ts'
import type * as failure from '../../rpc/rollup/executeFailure.ts'
import type * as executeInput from '../../rpc/rollup/executeInput.ts'
import type * as explain from '../../rpc/rollup/explainAdvance.ts'
import type * as faults from '../../rpc/rollup/faults.ts'
import type * as heads from '../../rpc/rollup/heads.ts'
import type * as identity from '../../rpc/rollup/identity.ts'
import type * as inputs from '../../rpc/rollup/inputs.ts'
import type * as messageForm from '../../rpc/rollup/messageForm.ts'
import type * as messageProof from '../../rpc/rollup/messageProof.ts'
import type * as messages from '../../rpc/rollup/messages.ts'
import type * as methodList from '../../rpc/rollup/methodList.ts'
import type * as observation from '../../rpc/rollup/observation.ts'
import type * as optimism from '../../rpc/rollup/optimism.ts'
import type * as reorgs from '../../rpc/rollup/reorgs.ts'
import type * as sequencing from '../../rpc/rollup/sequencing.ts'
import type * as settlements from '../../rpc/rollup/settlements.ts'
import type * as settling from '../../rpc/rollup/settling.ts'
import type * as simulate from '../../rpc/rollup/simulateMessage.ts'
import type * as status from '../../rpc/rollup/status.ts'
import type * as subscriptions from '../../rpc/rollup/subscriptions.ts'
import type * as trace from '../../rpc/rollup/traceExecute.ts'
import type * as proofs from '../../rpc/rollup/withdrawalProofs.ts'
import type * as withdrawals from '../../rpc/rollup/withdrawals.ts'
import type * as witnesses from '../../rpc/rollup/witnesses.ts'

/** Numbers as the wire has them, lists that may be changed, and absent where zod says absent or undefined. */
type Written<Value> = Value extends bigint
  ? Hex
  : Value extends readonly (infer Item)[]
    ? Written<Item>[]
    : Value extends object
      ? { [Key in keyof Value]: Written<Exclude<Value[Key], undefined>> }
      : Value

test('what the client says of answers is what the node says of them, but for numbers', () => {
  expectTypeOf<Written<client.AdvanceCheck>>().toEqualTypeOf<Written<explain.AdvanceRow>>()
  expectTypeOf<Written<client.AnnotatedWitness>>().toEqualTypeOf<Written<witnesses.AnnotatedWitness>>()
  expectTypeOf<Written<client.ArmedFault>>().toEqualTypeOf<Written<faults.ArmedFault>>()
  expectTypeOf<Written<client.BuiltBlock>>().toEqualTypeOf<Written<sequencing.BuiltBlock>>()
  expectTypeOf<Written<client.ClaimSimulation>>().toEqualTypeOf<Written<proofs.ClaimSimulation>>()
  expectTypeOf<Written<client.Consistency>>().toEqualTypeOf<Written<heads.Consistency>>()
  expectTypeOf<Written<client.DepositEstimate>>().toEqualTypeOf<Written<simulate.DepositEstimateForm>>()
  expectTypeOf<Written<client.DevnetHeads>>().toEqualTypeOf<Written<devnet.DevnetChains>>()
  expectTypeOf<Written<client.ExecuteFailure>>().toEqualTypeOf<Written<failure.ExecuteFailure>>()
  expectTypeOf<Written<client.ExecuteInput>>().toEqualTypeOf<Written<executeInput.ExecuteInput>>()
  expectTypeOf<Written<client.ExecuteOutput>>().toEqualTypeOf<Written<inputs.ExecuteOutput>>()
  expectTypeOf<Written<client.ExecutePhase>>().toEqualTypeOf<Written<trace.ExecutePhase>>()
  expectTypeOf<Written<client.ExecuteResult>>().toEqualTypeOf<Written<execute.ExecuteResult>>()
  expectTypeOf<Written<client.ExecuteTrace>>().toEqualTypeOf<Written<trace.ExecuteTrace>>()
  expectTypeOf<Written<client.ExecutionWitness>>().toEqualTypeOf<Written<witnesses.Witness>>()
  expectTypeOf<Written<client.FaucetGift>>().toEqualTypeOf<Written<devnetTools.FaucetGift>>()
  expectTypeOf<Written<client.FaultChange>>().toEqualTypeOf<Written<faults.FaultChange>>()
  expectTypeOf<Written<client.GetRollupContractsReturnType>>().toEqualTypeOf<Written<identity.RollupContracts>>()
  expectTypeOf<Written<client.Health>>().toEqualTypeOf<Written<observation.Health>>()
  expectTypeOf<Written<client.LoadedChain>>().toEqualTypeOf<Written<archive.LoadedChain>>()
  expectTypeOf<Written<client.LogLines>>().toEqualTypeOf<Written<observation.LogLines>>()
  expectTypeOf<Written<client.Message>>().toEqualTypeOf<Written<messageForm.MessageForm>>()
  expectTypeOf<Written<client.MessageList>>().toEqualTypeOf<Written<messages.MessageList>>()
  expectTypeOf<Written<client.MessageSimulation>>().toEqualTypeOf<Written<simulate.MessageSimulation>>()
  expectTypeOf<Written<client.MessageStatus>>().toEqualTypeOf<Written<messages.RollupMessage['status']>>()
  expectTypeOf<Written<client.Metric>>().toEqualTypeOf<Written<observation.Metric>>()
  expectTypeOf<Written<client.OpOutput>>().toEqualTypeOf<Written<optimism.OpOutput>>()
  expectTypeOf<Written<client.OpRollupConfig>>().toEqualTypeOf<Written<optimism.OpRollupConfig>>()
  expectTypeOf<Written<client.OpSafeHead>>().toEqualTypeOf<Written<optimism.OpSafeHead>>()
  expectTypeOf<Written<client.PendingMessage>>().toEqualTypeOf<Written<messages.PendingMessage>>()
  expectTypeOf<Written<client.ProofVerdict>>().toEqualTypeOf<Written<proofs.ProofVerdict>>()
  expectTypeOf<Written<client.ReorgReport>>().toEqualTypeOf<Written<reorgs.ReorgReport>>()
  expectTypeOf<Written<client.Rewound>>().toEqualTypeOf<Written<sequencing.Rewound>>()
  expectTypeOf<Written<client.RollupConfig>>().toEqualTypeOf<Written<config.RollupConfig>>()
  expectTypeOf<Written<client.RollupCrossMessageProof>>().toEqualTypeOf<Written<crossMessages.CrossMessageProofForm>>()
  expectTypeOf<Written<client.RollupDescriptor>>().toEqualTypeOf<Written<identity.RollupDescriptor>>()
  expectTypeOf<Written<client.RollupExecuteEvent>>().toEqualTypeOf<Written<subscriptions.ExecuteEvent>>()
  expectTypeOf<Written<client.RollupMessage>>().toEqualTypeOf<Written<messages.RollupMessage>>()
  expectTypeOf<Written<client.RollupMessageEvent>>().toEqualTypeOf<Written<subscriptions.MessageEvent>>()
  expectTypeOf<Written<client.RollupMessageProof>>().toEqualTypeOf<Written<messageProof.MessageProof>>()
  expectTypeOf<Written<client.RollupMethodInfo>>().toEqualTypeOf<Written<methodList.RollupMethodInfo>>()
  expectTypeOf<Written<client.RollupSettlement>>().toEqualTypeOf<Written<settlements.Settlement>>()
  expectTypeOf<Written<client.RollupSettlementEvent>>().toEqualTypeOf<Written<subscriptions.SettlementEvent>>()
  expectTypeOf<Written<client.RollupStatus>>().toEqualTypeOf<Written<status.RollupStatus>>()
  expectTypeOf<Written<client.RollupVersion>>().toEqualTypeOf<Written<identity.RollupVersion>>()
  expectTypeOf<Written<client.RollupWithdrawal>>().toEqualTypeOf<Written<withdrawals.RollupWithdrawal>>()
  expectTypeOf<Written<client.RollupWithdrawalEvent>>().toEqualTypeOf<Written<subscriptions.WithdrawalEvent>>()
  expectTypeOf<Written<client.RollupWithdrawalProof>>().toEqualTypeOf<Written<withdrawals.WithdrawalProofForm>>()
  expectTypeOf<Written<client.SafeHead>>().toEqualTypeOf<Written<heads.SafeHead>>()
  expectTypeOf<Written<client.SchedulePrice>>().toEqualTypeOf<Written<costs.SchedulePrice>>()
  expectTypeOf<Written<client.SentClaim>>().toEqualTypeOf<Written<devnetTools.SentClaim>>()
  expectTypeOf<Written<client.SentDeposit>>().toEqualTypeOf<Written<devnetTools.SentDeposit>>()
  expectTypeOf<Written<client.Sequencing>>().toEqualTypeOf<Written<sequencing.Sequencing>>()
  expectTypeOf<Written<client.SettlementEstimate>>().toEqualTypeOf<Written<costs.SettlementEstimate>>()
  expectTypeOf<Written<client.StateRootOnL1>>().toEqualTypeOf<Written<heads.StateRootOnL1>>()
  expectTypeOf<Written<client.Submission>>().toEqualTypeOf<Written<settling.Submission>>()
  expectTypeOf<Written<client.SyncStatus>>().toEqualTypeOf<Written<optimism.SyncStatus>>()
  expectTypeOf<Written<client.WithdrawalStatus>>().toEqualTypeOf<Written<withdrawals.RollupWithdrawal['status']>>()
  expectTypeOf<Written<client.WitnessStats>>().toEqualTypeOf<Written<witnesses.WitnessStats>>()
})

test('parameters take bigints for quantities, and exactly one of what excludes each other', () => {
  expectTypeOf<client.DevnetDepositParameters['value']>().toEqualTypeOf<bigint | undefined>()
  expectTypeOf<client.RevertBothParameters>().toEqualTypeOf<{ id: bigint }>()
  expectTypeOf<{ id: bigint; feeRecipient: Hex }>().toExtend<client.GetRollupMessageProofParameters>()
  expectTypeOf<{ l1TxHash: Hex; logIndex: bigint }>().toExtend<client.GetRollupMessageProofParameters>()
  expectTypeOf<{ id: bigint; hash: Hex }>().not.toExtend<client.GetRollupMessageProofParameters>()
  expectTypeOf<{ feeRecipient: Hex }>().not.toExtend<client.GetRollupMessageProofParameters>()
  expectTypeOf<{ input: Hex; block: bigint }>().not.toExtend<client.GetWitnessParameters>()
  expectTypeOf<{ mode: 'interval' }>().not.toExtend<client.SetSequencingParameters>()
  // a proof as the node gave it is one to simulate
  expectTypeOf<client.GetRollupWithdrawalProofReturnType>().toExtend<client.SimulateClaimParameters['proof']>()
})

test('a client with the schema of the methods has them in request', () => {
  const open = () => createPublicClient({ transport: http(), rpcSchema: rpcSchema<client.RollupRpcSchema>() })
  const ask = (one: ReturnType<typeof open>) => one.request({ method: 'rollup_getBlockByL1Tx', params: ['0x'] })
  expectTypeOf(ask).returns.resolves.toEqualTypeOf<Hex[]>()
  const status = (one: ReturnType<typeof open>) => one.request({ method: 'rollup_status' })
  expectTypeOf(status).returns.resolves.toHaveProperty('escrow').toEqualTypeOf<Hex>()
  // @ts-expect-error a number is no parameter
  const wrong = (one: ReturnType<typeof open>) => one.request({ method: 'rollup_revert', params: [1n] })
  expectTypeOf(wrong).toBeFunction()
})

test('actions of a client are typed without casts', () => {
  const open = () => createPublicClient({ transport: http() }).extend(rollupActions()).extend(devnetActions())
  type Client = ReturnType<typeof open>
  expectTypeOf<Client['getRollupStatus']>().returns.resolves.toEqualTypeOf<client.RollupStatus>()
  expectTypeOf<Client['getRollupAbi']>().returns.resolves.toEqualTypeOf<Abi>()
  expectTypeOf<Client['settle']>().parameter(0).toEqualTypeOf<client.SettleParameters | undefined>()
  type Watch = client.WatchRollupParameters<'settlements'>
  expectTypeOf<Watch['onEvent']>().parameter(0).toEqualTypeOf<client.RollupSettlementEvent>()
})
