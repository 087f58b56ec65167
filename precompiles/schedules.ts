import { EXECUTE_BASE_GAS, EXECUTE_BYTE_GAS } from './gas.ts'

/** What a price of EXECUTE can depend on. */
export type BlockFigures = {
  inputBytes: bigint
  transactions: bigint
  /** R of the block, known only after running it */
  regularGas: bigint
  /** as the header claims it */
  gasUsed: bigint
  gasLimit: bigint
}

/** A price that is a sum: gas for each unit of a figure, and `base`. What is left out counts nothing. */
export type LinearSchedule = { name: string; base?: bigint | undefined } & {
  [Figure in keyof BlockFigures]?: bigint | undefined
}

export const SCHEDULE_NAMES = ['metered', 'gas-limit', 'gas-used', 'per-byte', 'flat'] as const
export type ScheduleName = (typeof SCHEDULE_NAMES)[number]

/**
 * `metered` is ours; `gas-limit` is ethrex's, `gas-used` that of l2beat's text, `flat` that of ethrex's first version; and
 * `per-byte` asks for the input alone.
 */
const KNOWN: Readonly<Record<ScheduleName, LinearSchedule>> = {
  metered: { name: 'metered', base: EXECUTE_BASE_GAS, inputBytes: EXECUTE_BYTE_GAS, regularGas: 1n },
  'gas-limit': { name: 'gas-limit', inputBytes: EXECUTE_BYTE_GAS, gasLimit: 1n },
  'gas-used': { name: 'gas-used', inputBytes: EXECUTE_BYTE_GAS, gasUsed: 1n },
  'per-byte': { name: 'per-byte', base: EXECUTE_BASE_GAS, inputBytes: EXECUTE_BYTE_GAS },
  flat: { name: 'flat', base: EXECUTE_BASE_GAS },
}

const UNITS: Readonly<Record<keyof BlockFigures, string>> = {
  inputBytes: 'input bytes',
  transactions: 'transactions',
  regularGas: 'regular gas',
  gasUsed: 'gas used',
  gasLimit: 'gas limit',
}

export type SchedulePrice = { name: string; gas: bigint; formula: string }

/** The price of one block by each schedule, with the sum written out. */
export function compareSchedules(
  figures: BlockFigures,
  schedules: readonly (ScheduleName | LinearSchedule)[],
): SchedulePrice[] {
  return schedules.map((schedule) => priceOf(figures, typeof schedule === 'string' ? KNOWN[schedule] : schedule))
}

function priceOf(figures: BlockFigures, { name, base = 0n, ...rates }: LinearSchedule): SchedulePrice {
  const terms = (Object.keys(UNITS) as (keyof BlockFigures)[])
    .map((figure) => ({ figure, rate: rates[figure] ?? 0n }))
    .filter(({ rate }) => rate !== 0n)
  const gas = terms.reduce((sum, { figure, rate }) => sum + rate * figures[figure], base)
  const words = terms.map(({ figure, rate }) => `${rate} * ${figures[figure]} ${UNITS[figure]}`)
  return { name, gas, formula: [...(base === 0n && words.length > 0 ? [] : [`${base}`]), ...words].join(' + ') }
}
