/** The properties of the parameter, an object, are arguments of the action themselves. */
export const SPREAD = '...'

/**
 * Where a positional parameter of a method comes from: an argument by its name; the arguments themselves (SPREAD); for a
 * parameter of several forms a name or SPREAD for each form, in their order, `null` for those that the action does not
 * take; a value that is always the same; or `null` when it is left out.
 */
export type ParameterSource = string | readonly (string | null)[] | { readonly [name: string]: string } | null

/** One action of the client and the method behind it. */
export type ActionPlan = {
  readonly action: string
  /** where the words of the method do not fit this action */
  readonly summary?: string
  readonly params: readonly ParameterSource[]
  /** which of several forms of the result this action gets */
  readonly resultForm?: number
  /** a type of viem that says more than the schema */
  readonly resultType?: 'Abi'
  /** values of an argument that lead to another form of the result are left out */
  readonly without?: { readonly [argument: string]: string }
}

const MESSAGE = ['id', 'hash', SPREAD]
const BLOCK_OR_INPUT = ['block', 'input', 'input']

/**
 * The methods of which actions are made. Names that begin with a verb stay; nouns become getRollup...; so do the getters of
 * messages, withdrawals and settlements, because those without it look at the chains themselves and need no method of
 * this node. What viem has already under a name is called otherwise.
 */
export const ACTIONS: { readonly [method: string]: readonly ActionPlan[] } = {
  rollup_abi: [{ action: 'getRollupAbi', params: ['contract'], resultType: 'Abi' }],
  rollup_buildBlock: [{ action: 'buildBlock', params: [SPREAD] }],
  rollup_claim: [{ action: 'devnetClaim', params: ['id', SPREAD] }],
  rollup_compareGasSchedules: [{ action: 'compareGasSchedules', params: ['block', 'schedules'] }],
  rollup_config: [{ action: 'getRollupConfig', params: [] }],
  rollup_contracts: [{ action: 'getRollupContracts', params: [] }],
  rollup_decodeExecuteInput: [{ action: 'decodeExecuteInput', params: ['input'] }],
  rollup_decodeExecuteOutput: [{ action: 'decodeExecuteOutput', params: ['output'] }],
  rollup_deposit: [{ action: 'devnetDeposit', params: [SPREAD] }],
  rollup_descriptor: [{ action: 'getRollupDescriptor', params: [] }],
  rollup_dumpState: [{ action: 'dumpBoth', params: [] }],
  rollup_encodeExecuteInput: [{ action: 'encodeExecuteInput', params: [SPREAD] }],
  rollup_estimateDeposit: [{ action: 'estimateDeposit', params: [SPREAD] }],
  rollup_estimateSettlement: [{ action: 'estimateSettlement', params: [['block', SPREAD]] }],
  rollup_execute: [{ action: 'execute', params: ['input', SPREAD] }],
  rollup_explainAdvance: [{ action: 'explainAdvance', params: [['l1TxHash', SPREAD]] }],
  rollup_faucet: [{ action: 'faucet', params: [SPREAD] }],
  rollup_genesis: [{ action: 'getRollupGenesis', params: ['chain', 'rollup'] }],
  rollup_getBlockByL1Tx: [{ action: 'getBlockByL1Tx', params: ['l1TxHash'] }],
  rollup_getCrossMessageProof: [
    {
      action: 'getRollupCrossMessageProof',
      summary: 'What claims a message to another rollup there, in one hop.',
      params: [[null, 'id'], 'destinationBlock'],
      resultForm: 0,
    },
    {
      action: 'getRollupCrossMessageProofs',
      summary: 'What claims each message of a transaction to another rollup there, in one hop.',
      params: [['txHash', null], 'destinationBlock'],
      resultForm: 1,
    },
  ],
  rollup_getExecuteInput: [
    {
      action: 'getExecuteInput',
      summary: 'The input with which EXECUTE verifies an L2 block, as bytes.',
      params: ['block'],
      resultForm: 0,
    },
    {
      action: 'getExecuteInputFields',
      summary: 'The input with which EXECUTE verifies an L2 block, by its fields.',
      params: ['block', { encoding: 'json' }],
      resultForm: 1,
    },
  ],
  rollup_getMessage: [{ action: 'getRollupMessage', params: [MESSAGE] }],
  rollup_getMessageProof: [{ action: 'getRollupMessageProof', params: [MESSAGE, [null, SPREAD]] }],
  rollup_getMessages: [{ action: 'getRollupMessages', params: [SPREAD] }],
  rollup_getSettlement: [{ action: 'getRollupSettlement', params: ['block'] }],
  rollup_getSettlements: [
    {
      action: 'getRollupSettlements',
      summary: 'Where L2 blocks stand on their way to L1, ascending; without a range, the newest.',
      params: [SPREAD],
    },
  ],
  rollup_getWithdrawalProof: [
    {
      action: 'getRollupWithdrawalProof',
      summary: 'What claims a withdrawal on L1.',
      params: [[null, 'id'], null, SPREAD],
      resultForm: 0,
    },
    {
      action: 'getRollupWithdrawalProofs',
      summary: 'What claims each withdrawal of an L2 transaction on L1.',
      params: [['txHash', null], null, SPREAD],
      resultForm: 1,
    },
  ],
  rollup_getWithdrawals: [{ action: 'getRollupWithdrawals', params: [SPREAD] }],
  rollup_getWitness: [
    {
      action: 'getWitness',
      summary: 'The witness of an L2 block or of an input.',
      params: [BLOCK_OR_INPUT, SPREAD],
      resultForm: 0,
      without: { format: 'annotated' },
    },
    {
      action: 'getAnnotatedWitness',
      summary: 'The witness of an L2 block or of an input, with what each node is and whether it is used.',
      params: [BLOCK_OR_INPUT, { format: 'annotated' }],
      resultForm: 1,
    },
  ],
  rollup_health: [{ action: 'getRollupHealth', params: [] }],
  rollup_injectFault: [{ action: 'injectFault', params: [SPREAD] }],
  rollup_loadState: [{ action: 'loadBoth', params: ['dump'] }],
  rollup_logs: [{ action: 'getRollupLogs', params: [SPREAD] }],
  rollup_methods: [{ action: 'getRollupMethods', params: [] }],
  rollup_metrics: [{ action: 'getRollupMetrics', params: [] }],
  rollup_mutateInput: [{ action: 'mutateInput', params: ['input', 'changes', SPREAD] }],
  rollup_pauseSettlement: [
    {
      action: 'pauseSettlement',
      summary: 'Settles nothing by itself until resumeSettlement; false: it did not before.',
      params: [],
    },
  ],
  rollup_pendingMessages: [{ action: 'getRollupPendingMessages', params: [] }],
  rollup_reorgL1: [{ action: 'reorgL1', params: ['depth', SPREAD] }],
  rollup_resumeSettlement: [{ action: 'resumeSettlement', params: [] }],
  rollup_revert: [{ action: 'revertBoth', params: ['id'] }],
  rollup_rewindL2: [{ action: 'rewindL2', params: ['block', SPREAD] }],
  rollup_safeHeadAtL1Block: [{ action: 'getRollupSafeHeadAtL1Block', params: ['l1Block'] }],
  rollup_setSequencing: [{ action: 'setSequencing', params: [SPREAD] }],
  rollup_setTime: [{ action: 'setTime', params: [SPREAD] }],
  rollup_settle: [{ action: 'settle', params: [SPREAD] }],
  rollup_simulateClaim: [{ action: 'simulateClaim', params: ['proof', SPREAD] }],
  rollup_simulateMessage: [{ action: 'simulateMessage', params: [SPREAD] }],
  rollup_snapshot: [
    {
      action: 'snapshotBoth',
      summary:
        'Remembers L1 and all rollups on it as they are between two blocks; the answer is the id for revertBoth.',
      params: [],
    },
  ],
  rollup_startSequencer: [{ action: 'startSequencer', params: ['head'] }],
  rollup_stateRootAt: [{ action: 'getRollupStateRootAt', params: ['block'] }],
  rollup_status: [{ action: 'getRollupStatus', params: [] }],
  rollup_stopSequencer: [{ action: 'stopSequencer', params: [] }],
  rollup_submitBlock: [{ action: 'submitBlock', params: [['input', 'block'], SPREAD] }],
  rollup_syncStatus: [{ action: 'getRollupSyncStatus', params: [] }],
  rollup_traceExecute: [{ action: 'traceExecute', params: [['l1TxHash', null, 'block'], SPREAD] }],
  rollup_verifyConsistency: [{ action: 'verifyConsistency', params: [SPREAD] }],
  // asks the node and shows every step; the action verifyWithdrawalProof asks the contract
  rollup_verifyWithdrawalProof: [{ action: 'explainWithdrawalProof', params: ['proof'] }],
  rollup_version: [{ action: 'getRollupVersion', params: [] }],
  rollup_witnessStats: [{ action: 'getRollupWitnessStats', params: [BLOCK_OR_INPUT] }],
}

/** What watchRollup is made of, by hand. */
export const NO_ACTIONS: readonly string[] = ['rollup_subscribe', 'rollup_unsubscribe']
