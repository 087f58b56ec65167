import {
  arrayOf,
  BOOLEAN,
  DATA,
  HASH,
  type JsonSchema,
  mapOf,
  objectOf,
  orNull,
  QUANTITY64,
  reference,
  requiredOf,
  TEXT,
} from '../schema.ts'
import { HEADER_FIELDS, LATER_HEADER_FIELDS } from './chainSchemas.ts'

/** What calls, simulations and traces answer. */
export const RUNS: Readonly<Record<string, JsonSchema>> = {
  AccessListResult: objectOf({ accessList: reference('AccessList'), error: TEXT, gasUsed: QUANTITY64 }, [
    'accessList',
    'gasUsed',
  ]),
  FilledTransaction: requiredOf({ raw: DATA, tx: { type: 'object' } }),
  CallError: objectOf({ code: { type: 'integer' }, message: TEXT, data: DATA }, ['code', 'message']),
  SimulatedBlock: objectOf(
    {
      ...HEADER_FIELDS,
      ...LATER_HEADER_FIELDS,
      size: QUANTITY64,
      transactions: { anyOf: [arrayOf(HASH), arrayOf(reference('Transaction'))] },
      uncles: arrayOf(HASH),
      withdrawals: arrayOf(reference('Withdrawal')),
      calls: arrayOf(
        objectOf(
          {
            status: { type: 'string', enum: ['0x0', '0x1'] },
            returnData: DATA,
            gasUsed: QUANTITY64,
            maxUsedGas: QUANTITY64,
            logs: arrayOf(reference('Log')),
            error: reference('CallError'),
          },
          ['status', 'returnData', 'gasUsed'],
        ),
      ),
    },
    ['number', 'hash', 'calls'],
  ),
  Trace: {
    description: 'struct logs without a tracer, else the form of the tracer',
    anyOf: [
      objectOf(
        { gas: { type: 'integer' }, failed: BOOLEAN, returnValue: DATA, structLogs: arrayOf({ type: 'object' }) },
        ['gas', 'failed', 'returnValue', 'structLogs'],
      ),
      { type: 'object' },
    ],
  },
  BlockTrace: arrayOf(objectOf({ txHash: HASH, result: reference('Trace'), error: TEXT }, ['txHash'])),
  StorageRange: requiredOf({
    storage: mapOf(requiredOf({ key: orNull(HASH), value: HASH })),
    nextKey: orNull(HASH),
  }),
}
