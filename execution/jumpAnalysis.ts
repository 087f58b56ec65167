/** What a frame needs to know about its code before it can jump. `pushes` fills up as constants are used. */
export type CodeAnalysis = { readonly jumps: Uint8Array; readonly pushes: Record<number, bigint> }

const JUMPDEST = 0x5b
const PUSH1 = 0x60
const PUSH32 = 0x7f
const DUPN = 0xe6
const SWAPN = 0xe7
const EXCHANGE = 0xe8

/** JUMPDEST bytes that are not part of a constant (yellow paper 9.4.3; EIP-8024 for the immediates). */
export function analyseCode(code: Uint8Array, immediates: boolean): CodeAnalysis {
  const jumps = new Uint8Array(code.length)
  for (let i = 0; i < code.length; i++) {
    const opcode = code[i] as number
    if (opcode === JUMPDEST) jumps[i] = 1
    else if (opcode >= PUSH1 && opcode <= PUSH32) i += opcode - PUSH1 + 1
    else if (immediates && opcode >= DUPN && opcode <= EXCHANGE && hasImmediate(opcode, code[i + 1])) i++
  }
  return { jumps, pushes: {} }
}

/** EIP-8024: bytes that would read as JUMPDEST or PUSHn are never immediates. */
function hasImmediate(opcode: number, next: number | undefined): boolean {
  if (next === undefined) return false
  const lowest = opcode === DUPN || opcode === SWAPN ? 0x5a : 0x51
  return next <= lowest || next >= 0x80
}

/** The constant of a PUSH whose first byte is at `position`; missing bytes at the end of the code are zero. */
export function readPush(code: Uint8Array, position: number, length: number): bigint {
  if (length === 1) return BigInt(code[position] ?? 0)
  let hex = '0x'
  for (let i = position; i < position + length; i++) hex += (code[i] ?? 0).toString(16).padStart(2, '0')
  return BigInt(hex)
}
