import type { Usage } from './usage.ts'

/** name of a row -> what it costs */
export type Table = Readonly<Record<string, Usage>>

/** Figures that no snapshot may raise. Gas. */
export type Limit = { rows: RegExp; what: string; of(usage: Usage): number; most: number }

/** EIP-7825: regular gas of one transaction. */
const TRANSACTION_CAP = 2 ** 24
const BLOCK_GAS_LIMIT = 60_000_000

export const LIMITS: readonly Limit[] = [
  { rows: /^claim on /, what: 'execution', of: ({ execution }) => execution, most: 120_000 },
  { rows: /^advance, 120 KiB$/, what: 'execution', of: ({ execution }) => execution, most: 110_000 },
  { rows: /^deposit of ETH(, opens a tree level)?$/, what: 'regular', of: ({ regular }) => regular, most: 95_000 },
  { rows: /^deposit of ETH(, opens a tree level)?$/, what: 'state', of: ({ state }) => state, most: 97_920 },
  { rows: /./, what: 'regular', of: ({ regular }) => regular, most: TRANSACTION_CAP },
  { rows: /./, what: 'regular and state', of: ({ regular, state }) => regular + state, most: BLOCK_GAS_LIMIT },
]

/** A figure may grow by so much before somebody has to accept it. */
export const TOLERANCE = 0.02

export const COLUMNS = ['execution', 'state', 'floor', 'regular'] as const

/** Everything that is wrong with measured figures, one line each: above the snapshot, above a limit, not in both tables. */
export function problems(measured: Table, snapshot: Table, limits: readonly Limit[] = LIMITS): string[] {
  return [...grown(measured, snapshot), ...overLimits(measured, limits)]
}

function grown(measured: Table, snapshot: Table): string[] {
  const found = Object.keys(snapshot)
    .filter((name) => measured[name] === undefined)
    .map((name) => `${name}: in the snapshot, but not measured`)
  for (const [name, usage] of Object.entries(measured)) {
    const before = snapshot[name]
    if (before === undefined) {
      found.push(`${name}: not in the snapshot`)
      continue
    }
    for (const column of COLUMNS) {
      const [now, then] = [usage[column], before[column]]
      if (now <= then * (1 + TOLERANCE)) continue
      const change = then === 0 ? 'from nothing' : `+${((now / then - 1) * 100).toFixed(1)} %`
      found.push(`${name}: ${column} ${count(then)} -> ${count(now)} (${change})`)
    }
  }
  return found
}

function overLimits(measured: Table, limits: readonly Limit[]): string[] {
  const rows = Object.entries(measured)
  return limits.flatMap(({ rows: pattern, what, of, most }) => {
    const matching = rows.filter(([name]) => pattern.test(name))
    if (matching.length === 0) return [`no row matches ${pattern}, so that its limit of ${count(most)} is not checked`]
    return matching
      .filter(([, usage]) => of(usage) > most)
      .map(([name, usage]) => `${name}: ${what} is ${count(of(usage))}, the limit is ${count(most)}`)
  })
}

/** The table that `npm run gas` prints. */
export function render(measured: Table): string {
  const width = Math.max(...Object.keys(measured).map((name) => name.length))
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join('')}`
  const rows = Object.entries(measured).map(([name, usage]) =>
    line(
      name,
      COLUMNS.map((column) => count(usage[column])),
    ),
  )
  return [line('gas, Amsterdam', COLUMNS), ...rows].join('\n')
}

const count = (gas: number): string => gas.toLocaleString('en-US')
