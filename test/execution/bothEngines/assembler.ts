import { push } from '../programs.ts'

const OPCODES: Readonly<Record<string, string>> = {
  ...{ STOP: '00', ADD: '01', SUB: '03', LT: '10', ISZERO: '15', KECCAK256: '20' },
  ...{ ADDRESS: '30', BALANCE: '31', CALLER: '33', CALLVALUE: '34', CALLDATALOAD: '35', CALLDATASIZE: '36' },
  ...{ CALLDATACOPY: '37', EXTCODESIZE: '3b', RETURNDATASIZE: '3d', RETURNDATACOPY: '3e', EXTCODEHASH: '3f' },
  ...{ POP: '50', MLOAD: '51', MSTORE: '52', SLOAD: '54', SSTORE: '55', JUMP: '56', JUMPI: '57', GAS: '5a' },
  ...{ LOG0: 'a0', LOG3: 'a3', CREATE2: 'f5', CALL: 'f1', DELEGATECALL: 'f4', RETURN: 'f3', REVERT: 'fd' },
  ...{ INVALID: 'fe', SELFDESTRUCT: 'ff' },
}

/**
 * Hex of a program: opcodes by name, DUPn, SWAPn; numbers and 0x hex are pushed; `name:` is a JUMPDEST and `@name` pushes
 * where it is, always with PUSH2.
 */
export function assemble(source: string): string {
  const places = new Map<string, number>()
  let at = 0
  const pieces = source
    .trim()
    .split(/\s+/)
    .map((token) => {
      if (token.endsWith(':')) places.set(token.slice(0, -1), at)
      const piece = token.startsWith('@') ? token : pieceOf(token)
      at += token.startsWith('@') ? 3 : piece.length / 2
      return piece
    })
  return pieces.map((piece) => (piece.startsWith('@') ? jumpTo(places.get(piece.slice(1))) : piece)).join('')
}

function pieceOf(token: string): string {
  if (token.endsWith(':')) return '5b'
  if (token.startsWith('0x')) return push(token.slice(2))
  if (/^\d+$/.test(token)) return push(BigInt(token))
  const [, name, depth] = /^(DUP|SWAP)(\d+)$/.exec(token) ?? []
  const code = name === undefined ? OPCODES[token] : (Number(depth) + (name === 'DUP' ? 0x7f : 0x8f)).toString(16)
  if (code === undefined) throw new Error(`no such opcode: ${token}`)
  return code
}

function jumpTo(place: number | undefined): string {
  if (place === undefined) throw new Error('no such label')
  return `61${place.toString(16).padStart(4, '0')}`
}

const PUSH0 = 0x5f
const PUSH2 = 0x61
const PUSH32 = 0x7f
const JUMPS: readonly (number | undefined)[] = [0x56, 0x57]

/** The same program for forks before Shanghai. Jumps must go to constants that PUSH2 has put there right before. */
export function withoutPush0(code: string): string {
  const bytes = Buffer.from(code, 'hex')
  const moved: number[] = []
  const steps: { at: number; length: number }[] = []
  for (let at = 0, to = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0
    const length = byte > PUSH0 && byte <= PUSH32 ? byte - PUSH0 + 1 : 1
    moved[at] = to
    steps.push({ at, length })
    at += length
    to += byte === PUSH0 ? 2 : length
  }
  return steps
    .map(({ at, length }) => {
      if (bytes[at] === PUSH0) return '6000'
      const jumps = bytes[at] === PUSH2 && JUMPS.includes(bytes[at + length])
      const target = jumps ? moved[bytes.readUInt16BE(at + 1)] : undefined
      return target === undefined ? bytes.toString('hex', at, at + length) : jumpTo(target)
    })
    .join('')
}
