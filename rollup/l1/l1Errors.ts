import { RollupError } from '../errors.ts'
import { isHex } from './answerShapes.ts'

type Hex = `0x${string}`

/** A failed request: L1 refused it, or gave no answer. */
export function toRollupError(method: string, error: unknown): RollupError {
  if (error instanceof RollupError) return error
  const code = rpcErrorCode(error)
  const text = rootMessage(error) ?? String(error)
  if (code === undefined) {
    return new RollupError('L1_UNREACHABLE', `L1 did not answer ${method}: ${text}`, { method }, error)
  }
  return new RollupError('L1_REFUSED', `L1 refused ${method}: ${text}`, { method, code }, error)
}

/** undefined: L1 refuses it, as it does with a method that it does not offer. */
export async function ifOffered<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof RollupError && error.code === 'L1_REFUSED') return undefined
    throw error
  }
}

/** What a node put into its error about a call that reverts. */
export function findRevertData(error: unknown): Hex | undefined {
  for (const cause of causes(error)) {
    if (typeof cause.data === 'string' && isHex(cause.data)) return cause.data
  }
  return undefined
}

function* causes(error: unknown): Iterable<Record<string, unknown>> {
  let current: unknown = error
  for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth++) {
    yield current as Record<string, unknown>
    current = (current as Record<string, unknown>).cause
  }
}

/** A JSON-RPC error carries a small integer code; transport failures do not (viem uses -1 for unknown). */
function rpcErrorCode(error: unknown): number | undefined {
  for (const cause of causes(error)) {
    if (typeof cause.code === 'number' && cause.code !== -1) return cause.code
  }
  return undefined
}

/** What the transport or the node said, without viem's own words around it. */
function rootMessage(error: unknown): string | undefined {
  let message: string | undefined
  for (const cause of causes(error)) if (typeof cause.message === 'string') message = cause.message
  return message?.split('\n')[0]
}
