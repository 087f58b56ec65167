import type { ExecResult } from '@ethereumjs/evm'
import { itemsNeeded } from './stackItems.ts'

/** EthereumJS's names of halts in geth's words (core/vm/errors.go); the others read the same. */
const GETH_WORDS: Readonly<Record<string, string>> = {
  'code store out of gas': 'contract creation code storage out of gas',
  'code size to deposit exceeds maximum code size': 'max code size exceeded',
  'stack overflow': 'stack limit reached 1024 (1023)',
  'invalid JUMP': 'invalid jump destination',
  'value out of range': 'return data out of bounds',
  'static state change': 'write protection',
  'create collision': 'contract address collision',
  'insufficient balance': 'insufficient balance for transfer',
  'invalid bytecode deployed': 'invalid code: must not begin with 0xef',
  'initcode exceeds max initcode size': 'max initcode size exceeded',
}

export const OUT_OF_GAS = 'out of gas'
export const REVERT = 'revert'

/** Why the outermost frame halted, as geth says it; undefined when it did not. */
export function haltReason({ exceptionError, runState }: ExecResult): string | undefined {
  const error = exceptionError?.error
  if (error === undefined) return undefined
  if (error === 'invalid opcode') return `invalid opcode: ${opcodeName(runState?.opCode)}`
  if (error === 'stack underflow' && runState !== undefined) return underflowWords(runState)
  return GETH_WORDS[error] ?? error
}

function underflowWords({ stack, opCode }: NonNullable<ExecResult['runState']>): string {
  const needed = itemsNeeded(opCode)
  return needed === undefined ? 'stack underflow' : `stack underflow (${stack.length} <=> ${needed})`
}

function opcodeName(code: number | undefined): string {
  if (code === undefined) return 'unknown'
  if (code === 0xfe) return 'INVALID'
  return `opcode 0x${code.toString(16)} not defined`
}
