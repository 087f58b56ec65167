/** Random but reproducible EVM programs: every statement leaves the stack as it found it. */

export type Random = { below(limit: number): number; pick<T>(items: readonly T[]): T; chance(percent: number): boolean }

/** mulberry32 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
  }
}

/** PUSH of a number or of hex digits. */
export function push(value: number | bigint | string): string {
  let digits = typeof value === 'string' ? value : value.toString(16)
  if (digits.length % 2 === 1) digits = `0${digits}`
  if (digits === '00' || digits === '') return '5f'
  return (0x5f + digits.length / 2).toString(16).padStart(2, '0') + digits
}

export const op = {
  sstore: (slot: number, value: number | bigint | string) => `${push(value)}${push(slot)}55`,
  sload: (slot: number) => `${push(slot)}5450`,
  stop: '00',
  invalid: 'fe',
  revert: `${push(0)}${push(0)}fd`,
  selfdestruct: (to: string) => `${push(to)}ff`,
  /** CALL with no input and no output; the result is dropped */
  call: (to: string, value = 0, gas: number | 'all' = 'all') =>
    `${push(0)}${push(0)}${push(0)}${push(0)}${push(value)}${push(to)}${gas === 'all' ? '5a' : push(gas)}f150`,
  /** DELEGATECALL (f4) or STATICCALL (fa) */
  plainCall: (opcode: 'f4' | 'fa', to: string, gas: number | 'all' = 'all') =>
    `${push(0)}${push(0)}${push(0)}${push(0)}${push(to)}${gas === 'all' ? '5a' : push(gas)}${opcode}50`,
  /** puts up to 32 bytes of code at memory 0 and creates from it */
  create: (code: string, value = 0) => `${memory(code)}${push(code.length / 2)}${push(0)}${push(value)}f050`,
  create2: (code: string, salt: number, value = 0) =>
    `${memory(code)}${push(salt)}${push(code.length / 2)}${push(0)}${push(value)}f550`,
  log: (topics: number) => `${push(7).repeat(topics)}${push(32)}${push(0)}${(0xa0 + topics).toString(16)}`,
}

function memory(code: string): string {
  return `${push(code.padEnd(64, '0'))}${push(0)}52`
}

/** init code that deploys `runtime` (at most 20 bytes) */
export function deployer(runtime: string): string {
  const size = runtime.length / 2
  const head = `${push(size)}600a5f39${push(size)}5ff3`
  return `${head.padEnd(20, '5b').slice(0, 20)}${runtime}`
}

/** A loop of `times` rounds of `body`, starting at code offset `at`. */
export function loop(at: number, times: number, body: string): string {
  const start = at + push(times).length / 2
  return `${push(times)}5b${body}600190038061${start.toString(16).padStart(4, '0')}5750`
}

export type ProgramWorld = {
  contracts: readonly string[]
  others: readonly string[]
  /** what CREATE and CREATE2 give along, whether it is there or not */
  endowments: readonly number[]
}

/** One program of up to `statements` random statements. */
export function randomProgram(random: Random, world: ProgramWorld, statements: number): string {
  let code = ''
  const count = 1 + random.below(statements)
  for (let i = 0; i < count; i++) code += randomStatement(random, world, code.length / 2)
  return code + randomEnd(random, world)
}

function randomStatement(random: Random, world: ProgramWorld, at: number): string {
  const anyone = () => (random.chance(60) ? random.pick(world.contracts) : random.pick(world.others))
  const gas = () => random.pick<number | 'all'>(['all', 'all', 0, 2300, 30_000, 200_000])
  const value = () => random.pick([0, 0, 1, 3])
  const endowment = () => random.pick(world.endowments)
  const choices: (() => string)[] = [
    () => op.sstore(random.below(5), random.below(3)),
    () => op.sstore(random.below(5), random.below(3)),
    () => op.sload(random.below(6)),
    () => `${push(random.below(3))}${push(random.below(3))}5d${push(random.below(3))}5c50`,
    () => op.call(anyone(), value(), gas()),
    () => op.call(anyone(), value(), gas()),
    () => op.plainCall('f4', anyone(), gas()),
    () => op.plainCall('fa', anyone(), gas()),
    () => `${push(anyone())}${random.pick(['31', '3b', '3f'])}50`,
    () => `${push(8)}${push(0)}${push(0)}${push(anyone())}3c`,
    () => op.log(random.below(3)),
    () => op.create(randomInit(random, world), endowment()),
    () => op.create2(randomInit(random, world), random.below(2), endowment()),
    () => loop(at, 1 + random.below(4), op.sstore(random.below(3), random.below(2))),
    () => `${push(random.pick([32, 100, 5000]))}${push(0)}2050`,
    () => `${random.pick(['43', '42', '44', '48', '4a', '4b', '5a', '47'])}${push(4)}55`,
    () => `${push(random.below(4))}4050`,
  ]
  return random.pick(choices)()
}

function randomInit(random: Random, world: ProgramWorld): string {
  return random.pick([
    '',
    op.stop,
    op.invalid,
    op.revert,
    op.sstore(1, 1) + op.stop,
    op.selfdestruct(random.pick(world.others)),
    `30ff`,
    deployer(op.sstore(2, random.below(3))),
    deployer(op.sload(1)),
    deployer('ef00'),
    deployer(`${op.sstore(1, 5)}33ff`),
  ])
}

function randomEnd(random: Random, world: ProgramWorld): string {
  return random.pick([
    op.stop,
    op.stop,
    op.stop,
    '',
    op.revert,
    op.invalid,
    op.selfdestruct(random.pick(world.others)),
    '30ff',
    `${push(3)}56`,
    '56',
    '01',
    `${push(32)}${push(0)}f3`,
  ])
}
