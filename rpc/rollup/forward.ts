import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { data, index } from '../codec.ts'
import { refusing } from '../dev/refused.ts'
import { RpcError } from '../errors.ts'
import { type EthDeps, ethLimits } from '../eth/deps.ts'
import { DEFAULT_WAIT_MS, receiptWithin } from '../eth/send.ts'
import { toData } from '../hex.ts'
import { method, required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'

const ANSWER_TIMEOUT_MS = 10_000
/** An answer is a hash, or an error in words. */
const MAX_ANSWER_BYTES = 65_536

const ADVICE =
  "this node follows the rollup and makes no blocks; send it to the sequencer's RPC, or start this node with --sequencer URL"

/** How a follower, whose pool is read by nobody, answers those who send transactions: with advice, or through the sequencer. */
export function followerSendMethods(deps: Pick<EthDeps, 'chain' | 'limits'>, sequencer?: string): MethodTable {
  if (sequencer === undefined) {
    const names = ['eth_sendRawTransaction', 'eth_sendRawTransactionSync', 'eth_sendTransaction']
    return Object.fromEntries(names.map((name) => [name, refusing(name, ADVICE)]))
  }
  const rawParam = required('transaction', data)
  const { maxReceiptWaitMs } = ethLimits(deps)
  return {
    eth_sendRawTransaction: method([rawParam], async ([raw], { signal }) =>
      toData(await forward(sequencer, raw, signal)),
    ),
    /** with the receipt that this node has, which it has when the transaction is settled */
    eth_sendRawTransactionSync: method(
      [rawParam, withDefault('timeout in ms', index, DEFAULT_WAIT_MS)],
      async ([raw, timeoutMs], { signal }) => {
        const hash = await forward(sequencer, raw, signal)
        return receiptWithin(deps.chain, hash, Math.min(timeoutMs, maxReceiptWaitMs), signal)
      },
    ),
  }
}

/** The hash of a transaction that the sequencer took. Throws RpcError SEQUENCER_REFUSED with its words, SEQUENCER_AWAY. */
async function forward(url: string, raw: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params: [toData(raw)] })
  const answer = await ask(url, body, signal)
  const { error, result } = answer
  if (isObject(error) && typeof error.message === 'string') throw new RpcError('SEQUENCER_REFUSED', error.message)
  const hash = keccak256(raw)
  if (result === `0x${bytesToHex(hash)}`) return hash
  throw new RpcError('SEQUENCER_AWAY', `the sequencer at ${url} did not answer as an Ethereum node does`)
}

async function ask(url: string, body: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]),
    })
    const answer: unknown = JSON.parse(await readText(response))
    if (isObject(answer)) return answer
    throw new Error('no JSON object')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RpcError('SEQUENCER_AWAY', `the sequencer at ${url} does not answer: ${reason}`)
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
