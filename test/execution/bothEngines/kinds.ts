import { type Fork, isAmsterdam } from './forks.ts'
import { rejectionsOf } from './rejections.ts'
import { PRECOMPILE_KINDS } from './scenarios.ts'

/** What comes up in a few blocks of a fork already. */
export function commonKinds(fork: Fork): string[] {
  return [
    ...['anything', 'token transfer', 'storage churn', 'create2 and selfdestruct', 'deep calls', 'creation', 'halting'],
    ...['precompile called by a transaction', 'last wei', 'sender left with nothing', 'refused by the builder'],
    ...[
      'type 0',
      'type 2',
      'success',
      'revert',
      'out of gas',
      'invalid opcode',
      'a rejected transaction: BAD_TRANSACTION',
    ],
    ...(fork.mostBlobs > 0 ? ['blobs', 'type 3'] : []),
    ...(fork.delegations ? ['delegation to a contract', 'type 4'] : []),
    ...(isAmsterdam(fork) ? ['stateless: verified', 'EXECUTE: OVER_BUDGET'] : []),
    ...(isRollup(fork) ? ['EXECUTE: taken'] : []),
  ]
}

/** What comes up in the large count. */
export function rareKinds(fork: Fork): string[] {
  const rejected = ['NONCE_TOO_LOW', 'BLOCK_GAS_EXHAUSTED', ...rejectionsOf(fork)]
  if (fork.mostBlobs > 0) rejected.push('BLOB_GAS_EXHAUSTED')
  return [
    ...['type 1', 'full block', 'invalid bytecode deployed', 'stack underflow', 'invalid JUMP'],
    ...PRECOMPILE_KINDS,
    ...rejected.map((code) => `rejected: ${code}`),
    ...['STATE_ROOT_MISMATCH', 'RECEIPTS_ROOT_MISMATCH', 'GAS_USED_MISMATCH'].map((code) => `a forged header: ${code}`),
    ...(isAmsterdam(fork) ? FORGED : []),
  ]
}

const FORGED = [
  'a forged payload: BAD_BASE_FEE in phase rules',
  'a forged payload: BLOCK_ACCESS_LIST_MISMATCH in phase stateRoot',
  'a forged payload: STATE_ROOT_MISMATCH in phase results',
  'a witness with wrong state: MISSING_NODE in phase execution',
  'a witness with wrong state: MISSING_NODE in phase stateRoot',
  'a witness with wrong codes: MISSING_CODE in phase execution',
  'a witness with wrong headers: NO_PARENT in phase headers',
]

/** EXECUTE takes its blocks. */
export const isRollup = (fork: Fork): boolean => isAmsterdam(fork) && fork.mostBlobs === 0
