/**
 * The compression function F of BLAKE2b (RFC 7693) with any number of rounds, for EIP-152: one gas buys one round, and
 * JavaScript without 64-bit integers needs ten times as long for one as that should last. So the rounds are a wasm
 * module, put together here from the permutation table.
 */

const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
] as const

/** Columns, then diagonals of the 4 x 4 state. */
const MIXED = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const

const IV = BigUint64Array.of(
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
)

/** Memory of the module: the state at 0, the message block behind it. */
const STATE_BYTES = 128
const BLOCK_BYTES = 128

/** Rounds per call into the module: a multiple of ten, so that each call starts with the first permutation. About 10 ms. */
const ROUNDS_PER_CALL = 200_000

type Rounds = { memory: { buffer: ArrayBuffer }; rounds(count: number): void }

/** What we use of the global, which the compiler knows only together with a browser. */
type Wasm = {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: object }
}

let instance: Rounds | undefined

/**
 * F over an EIP-152 input of 213 bytes: rounds (4, big-endian), h (64), m (128), t (16), final flag (1).
 * Returns the new h, 64 bytes. `pause` is awaited now and then.
 */
export async function blake2Compress(input: Uint8Array, pause: () => Promise<void> | undefined): Promise<Uint8Array> {
  instance ??= createRounds()
  const { memory, rounds } = instance
  const state = initialState(input)
  const block = input.subarray(68, 68 + BLOCK_BYTES)
  const heap = new Uint8Array(memory.buffer)
  let left = new DataView(input.buffer, input.byteOffset).getUint32(0)
  while (left > 0) {
    const now = Math.min(left, ROUNDS_PER_CALL)
    heap.set(state, 0)
    heap.set(block, STATE_BYTES)
    rounds(now)
    state.set(heap.subarray(0, STATE_BYTES))
    left -= now
    if (left > 0) await pause()
  }
  const output = input.slice(4, 68)
  for (let i = 0; i < 64; i++) output[i] = (output[i] as number) ^ (state[i] as number) ^ (state[i + 64] as number)
  return output
}

function initialState(input: Uint8Array): Uint8Array {
  const state = new Uint8Array(STATE_BYTES)
  state.set(input.subarray(4, 68))
  // Both wasm and every platform of Node are little-endian.
  state.set(new Uint8Array(IV.buffer), 64)
  for (let i = 0; i < 16; i++) state[96 + i] = (state[96 + i] as number) ^ (input[196 + i] as number)
  if (input[212] === 1) for (let i = 112; i < 120; i++) state[i] = (state[i] as number) ^ 0xff
  return state
}

function createRounds(): Rounds {
  const { Instance, Module } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly
  return new Instance(new Module(assemble())).exports as Rounds
}

// ---- the module: `rounds(count)` keeps the state in 16 local variables

const OP = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  load64: 0x29,
  store64: 0x37,
  const32: 0x41,
  const64: 0x42,
  isZero32: 0x45,
  sub32: 0x6b,
  add64: 0x7c,
  xor64: 0x85,
  rotateRight64: 0x8a,
} as const
const I32 = 0x7f
const I64 = 0x7e
const EMPTY = 0x40
const COUNT = 0
const word = (index: number) => index + 1

function assemble(): Uint8Array<ArrayBuffer> {
  const type = [1, 0x60, 1, I32, 0]
  const memorySection = [1, 0, 1]
  const exported = [2, ...name('memory'), 2, 0, ...name('rounds'), 0, 0]
  const body = [1, 16, I64, ...roundsCode(), OP.end]
  const code = [1, ...leb128(body.length), ...body]
  const sections = [section(1, type), section(3, [1, 0]), section(5, memorySection), section(7, exported)]
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat(), ...section(10, code)])
}

function roundsCode(): number[] {
  const code: number[] = []
  for (let i = 0; i < 16; i++) code.push(OP.const32, 0, OP.load64, 3, ...leb128(i * 8), OP.set, word(i))
  code.push(OP.block, EMPTY, OP.loop, EMPTY)
  for (const order of SIGMA) {
    code.push(OP.get, COUNT, OP.isZero32, OP.branchIf, 1)
    code.push(OP.get, COUNT, OP.const32, 1, OP.sub32, OP.set, COUNT)
    for (const [i, [a, b, c, d]] of MIXED.entries()) {
      code.push(...halfMix(a, b, c, d, order[2 * i] as number, 32, 24))
      code.push(...halfMix(a, b, c, d, order[2 * i + 1] as number, 16, 63))
    }
  }
  code.push(OP.branch, 0, OP.end, OP.end)
  for (let i = 0; i < 16; i++) code.push(OP.const32, 0, OP.get, word(i), OP.store64, 3, ...leb128(i * 8))
  return code
}

/** a += b + m; d = (d ^ a) >>> first; c += d; b = (b ^ c) >>> second */
function halfMix(a: number, b: number, c: number, d: number, m: number, first: number, second: number): number[] {
  const message = [OP.const32, 0, OP.load64, 3, ...leb128(STATE_BYTES + m * 8)]
  const rotated = (x: number, y: number, bits: number) => [
    ...[OP.get, word(x), OP.get, word(y), OP.xor64],
    ...[OP.const64, ...signedLeb128(bits), OP.rotateRight64, OP.set, word(x)],
  ]
  return [
    ...[OP.get, word(a), OP.get, word(b), OP.add64, ...message, OP.add64, OP.set, word(a)],
    ...rotated(d, a, first),
    ...[OP.get, word(c), OP.get, word(d), OP.add64, OP.set, word(c)],
    ...rotated(b, c, second),
  ]
}

function section(id: number, content: number[]): number[] {
  return [id, ...leb128(content.length), ...content]
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text)]
}

function leb128(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  do {
    const byte = rest & 0x7f
    rest >>>= 7
    bytes.push(rest === 0 ? byte : byte | 0x80)
  } while (rest !== 0)
  return bytes
}

/** Values from 64 on need a second byte, or they would be negative. */
function signedLeb128(value: number): number[] {
  return value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7]
}
