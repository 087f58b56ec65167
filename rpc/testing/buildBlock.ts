import type { BlockOutcome, Transaction } from '../../execution/types.ts'
import { buildBlock } from '../../node/blockBuilder.ts'
import { buildExactBlock } from '../../node/exactBlock.ts'
import { canSeal } from '../../node/l1Env.ts'
import type { Chain, Logger, TxPool } from '../../node/types.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Block } from '../../stateless/types.ts'
import { data, hash } from '../codec.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { toData } from '../hex.ts'
import { list, method, optional, required } from '../params.ts'
import { mapInSlices } from '../slices.ts'
import type { MethodTable } from '../types.ts'
import { formatPayload } from './payload.ts'
import { envOf, type PayloadAttributes, payloadAttributes } from './payloadAttributes.ts'

export type BuildDeps = { chain: Chain; pool: TxPool; logger: Logger }

const MAX_TRANSACTIONS = 20_000
const MAX_EXTRA_DATA = 32
const EMPTY = new Uint8Array(0)

/**
 * testing_buildBlockV1: a block on a stored parent from given attributes, in the form of engine_getPayload. Nothing of it is
 * kept. With a list exactly these transactions, in this order, or the error of the first that cannot be; without one what
 * the pool has.
 */
export function buildBlockMethods(deps: BuildDeps): MethodTable {
  return {
    testing_buildBlockV1: method(
      [
        required('parent block hash', hash),
        required('payload attributes', payloadAttributes),
        optional('transactions', list(data, MAX_TRANSACTIONS)),
        optional('extra data', data),
      ],
      async ([parentHash, attributes, raws, extraData = EMPTY], { signal }) => {
        if (extraData.length > MAX_EXTRA_DATA) {
          throw invalidParams('argument 3 (extra data)', `at most ${MAX_EXTRA_DATA} bytes, got ${extraData.length}`)
        }
        const parent = deps.chain.getBlockByHash(parentHash)?.block
        if (parent === undefined) throw new RpcError('UNKNOWN_BLOCK', `unknown parent block ${toData(parentHash)}`)
        const request = { parent, attributes, extraData }
        const { outcome, transactions } = await (raws === undefined
          ? buildFromPool(deps, request, signal)
          : buildGiven(deps, request, raws))
        return formatPayload(outcome, transactions)
      },
    ),
  }
}

type Request = { parent: Block; attributes: PayloadAttributes; extraData: Uint8Array }
type Built = { outcome: BlockOutcome; transactions: readonly Transaction[] }

async function buildGiven({ chain }: BuildDeps, request: Request, raws: readonly Uint8Array[]): Promise<Built> {
  const env = requireEnv(chain, request)
  const transactions = await mapInSlices(raws, (raw) => chain.engine.decodeTransaction(raw, env))
  return { outcome: await buildExactBlock(chain, { parent: request.parent, env, transactions }), transactions }
}

async function buildFromPool(
  { chain, pool, logger }: BuildDeps,
  request: Request,
  signal: AbortSignal,
): Promise<Built> {
  const { parent } = request
  const env = requireEnv(chain, request)
  const candidates = pool.candidates(chain.engine.nextBaseFee(parent.header, env.timestamp))
  // What does not fit here may fit elsewhere: the pool keeps it.
  const drop = () => undefined
  const outcome = await buildBlock({ parent, env, candidates, allowEmpty: true, signal }, { chain, logger, drop })
  if (outcome === undefined) throw new Error('an empty block was allowed')
  const pooled = (raw: Uint8Array) => pool.get(keccak256(raw)) ?? chain.engine.decodeTransaction(raw, env)
  return { outcome, transactions: outcome.block.transactions.map(pooled) }
}

function requireEnv({ engine }: Chain, { parent, attributes, extraData }: Request) {
  if (!canSeal(parent, attributes.timestamp, engine)) {
    throw invalidParams('argument 0 (parent block hash)', 'blocks under proof of work rules cannot be built here')
  }
  return envOf(attributes, parent, engine, extraData)
}
