import { appendFileSync } from 'node:fs'

/** One figure that must hold: `ratio at least 5`, `ms below 1,000`. */
export type Figure = {
  name: string
  value: number
  unit: string
  /** absent: printed for whoever wants to know */
  atLeast?: number
  below?: number
}

/** Where `bench all` collects the figures of the benches that it runs, one JSON object per line. */
export const FIGURES_FILE = 'REENACT_BENCH_FIGURES'

/** Prints a figure beside its limit; a missed limit fails the process. */
export function noteFigure(figure: Figure): void {
  const { name } = figure
  const file = process.env[FIGURES_FILE]
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`)
  if (!holds(figure)) process.exitCode = 1
  console.log(`${name}: ${figureText(figure)}`)
}

export function holds({ value, atLeast, below }: Figure): boolean {
  return (atLeast === undefined || value >= atLeast) && (below === undefined || value < below)
}

/** `7.4 x [ok: at least 5]` */
export function figureText(figure: Figure): string {
  const { value, unit, atLeast, below } = figure
  const limits = [
    atLeast === undefined ? [] : `at least ${atLeast}`,
    below === undefined ? [] : `below ${below}`,
  ].flat()
  const verdict = limits.length === 0 ? '' : ` [${holds(figure) ? 'ok' : 'FAILED'}: ${limits.join(', ')}]`
  return `${value < 100 ? value.toFixed(2) : Math.round(value)} ${unit}${verdict}`
}
