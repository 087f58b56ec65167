import { arrayOf, reference } from '../schema.ts'
import type { MethodDoc } from './document.ts'

export const ROLLUP_DOCS: Readonly<Record<string, MethodDoc>> = {
  rollup_config: { summary: 'Chains, contracts and parameters of the rollup.', result: reference('RollupConfig') },
  rollup_status: { summary: 'Heads, lag, queues, sequencer and settler.', result: reference('RollupStatus') },
  rollup_getWithdrawals: {
    summary: 'Messages from L2 to L1 and where they stand.',
    result: arrayOf(reference('RollupWithdrawal')),
  },
  rollup_getWithdrawalProof: {
    summary: 'What claims a withdrawal on L1; a list for a whole transaction.',
    result: { anyOf: [reference('WithdrawalProof'), arrayOf(reference('WithdrawalProof'))] },
  },
  rollup_getCrossMessageProof: {
    summary: 'What claims a message to another rollup there, in one hop; a list for a whole transaction.',
    result: { anyOf: [reference('CrossMessageProof'), arrayOf(reference('CrossMessageProof'))] },
  },
}
