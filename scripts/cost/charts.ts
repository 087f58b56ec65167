/** Charts as SVG text: no script, no font and no library; colours fit light and dark pages. */

const WIDTH = 760
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00']
const STYLE = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 15px } .line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .line { stroke: #3d444d } }
</style>`

export type Series = { name: string; points: readonly { x: number; y: number }[] }
export type Row = { name: string; parts: readonly number[]; note: string }

/** Points joined by lines, both axes logarithmic. */
export function lineChart(options: { title: string; x: string; y: string; series: readonly Series[] }): string {
  const box = { left: 76, right: WIDTH - 130, top: 50, bottom: 380 }
  const points = options.series.flatMap((series) => series.points)
  const xScale = logScale(
    points.map(({ x }) => x),
    box.left,
    box.right,
  )
  const yScale = logScale(
    points.map(({ y }) => y),
    box.bottom,
    box.top,
  )
  const body = [
    ...xScale.ticks.map((tick) => {
      const at = round(xScale.at(tick))
      return `${line(at, box.top, at, box.bottom)}${text(at, box.bottom + 20, short(tick), 'middle')}`
    }),
    ...yScale.ticks.map((tick) => {
      const at = round(yScale.at(tick))
      return `${line(box.left, at, box.right, at)}${text(box.left - 8, at + 4, short(tick), 'end')}`
    }),
    text((box.left + box.right) / 2, box.bottom + 44, options.x, 'middle'),
    text(box.left, box.top - 10, options.y, 'start'),
    ...labels(options.series, yScale.at).map(({ name, at }, index) =>
      text(box.right + 10, at, name, 'start', colour(index)),
    ),
    ...options.series.map((series, index) => polyline(series, xScale.at, yScale.at, colour(index))),
  ]
  return svg(options.title, 440, body)
}

/** One bar for each row, made of parts that the legend names; all bars on one scale. */
export function barChart(options: { title: string; parts: readonly string[]; rows: readonly Row[] }): string {
  const left = 110
  const longest = WIDTH - left - 130
  const most = Math.max(...options.rows.map(({ parts }) => total(parts)))
  const bars = options.rows.flatMap(({ name, parts, note }, index) => {
    const y = 74 + index * 38
    let x = left
    const pieces = parts.map((part, number) => {
      const width = (part / most) * longest
      const piece = `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="24" fill="${colour(number)}"/>`
      x += width
      return piece
    })
    return [text(left - 10, y + 17, name, 'end'), ...pieces, text(x + 8, y + 17, note, 'start')]
  })
  return svg(options.title, 90 + options.rows.length * 38, [...legend(options.parts, left), ...bars])
}

/** For each row one bar for each part, from 0 to 1. */
export function shareChart(options: { title: string; parts: readonly string[]; rows: readonly Row[] }): string {
  const left = 110
  const longest = WIDTH - left - 80
  const height = options.parts.length * 14 + 14
  const bars = options.rows.flatMap(({ name, parts }, index) => {
    const top = 74 + index * height
    const pieces = parts.flatMap((part, number) => {
      const y = top + number * 14
      const width = round(part * longest)
      const bar = `<rect x="${left}" y="${y}" width="${width}" height="11" fill="${colour(number)}"/>`
      return [bar, text(left + width + 6, y + 10, `${Math.round(part * 100)} %`, 'start')]
    })
    return [text(left - 10, top + height / 2 - 4, name, 'end'), ...pieces]
  })
  const bottom = 70 + options.rows.length * height
  const edge = line(left + longest, 66, left + longest, bottom)
  return svg(options.title, bottom + 16, [...legend(options.parts, left), edge, ...bars])
}

type Scale = { at(value: number): number; ticks: number[] }

function logScale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)) * 2) / 2
  const high = Math.ceil(Math.log10(Math.max(...values)) * 2) / 2
  const span = Math.max(high - low, 0.5)
  const at = (value: number) => from + ((Math.log10(value) - low) / span) * (to - from)
  const ticks: number[] = []
  for (let power = Math.floor(low); power <= high; power++) {
    for (const step of [1, 2, 5]) {
      const tick = step * 10 ** power
      if (tick >= 10 ** low * 0.999 && tick <= 10 ** high * 1.001) ticks.push(tick)
    }
  }
  return { at, ticks }
}

/** Names at the ends of their lines, moved apart where they would cover each other. */
function labels(series: readonly Series[], at: (y: number) => number): { name: string; at: number }[] {
  const wanted = series.map(({ name, points }, index) => ({ name, index, at: at(points.at(-1)?.y ?? 1) + 4 }))
  const sorted = [...wanted].sort((a, b) => a.at - b.at)
  for (const [place, label] of sorted.entries()) {
    const above = sorted[place - 1]
    if (above !== undefined && label.at < above.at + 17) label.at = above.at + 17
  }
  return wanted.map(({ name, at: place }) => ({ name, at: place }))
}

function polyline({ points }: Series, x: Scale['at'], y: Scale['at'], stroke: string): string {
  const places = points.map((point) => ({ x: round(x(point.x)), y: round(y(point.y)) }))
  const path = places.map((place) => `${place.x},${place.y}`).join(' ')
  const dots = places.map((place) => `<circle cx="${place.x}" cy="${place.y}" r="3.5" fill="${stroke}"/>`).join('')
  return `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="2"/>${dots}`
}

function legend(names: readonly string[], left: number): string[] {
  let x = left
  return names.map((name, index) => {
    const entry = `<rect x="${x}" y="42" width="12" height="12" fill="${colour(index)}"/>${text(x + 17, 53, name, 'start')}`
    x += 34 + name.length * 7
    return entry
  })
}

function svg(title: string, height: number, body: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">`
  return `${open}\n${STYLE}\n<text x="14" y="22" class="title">${title}</text>\n${body.join('\n')}\n</svg>\n`
}

const text = (x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end', fill?: string): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${fill === undefined ? '' : ` style="fill: ${fill}"`}>${words}</text>`
const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="line"/>`
const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? '#888888'
const round = (value: number): number => Math.round(value * 10) / 10
const total = (parts: readonly number[]): number => parts.reduce((sum, part) => sum + part, 0)

/** 1500 as 1.5k */
export function short(value: number): string {
  if (value >= 1e6) return `${round(value / 1e6)}M`
  return value >= 1e3 ? `${round(value / 1e3)}k` : String(round(value))
}
