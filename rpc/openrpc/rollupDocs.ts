import { reference } from '../schema.ts'
import type { MethodDoc } from './document.ts'

export const ROLLUP_DOCS: Readonly<Record<string, MethodDoc>> = {
  rollup_config: { summary: 'Chains, contracts and parameters of the rollup.', result: reference('RollupConfig') },
  rollup_status: { summary: 'Heads, lag, queues, sequencer and settler.', result: reference('RollupStatus') },
}
