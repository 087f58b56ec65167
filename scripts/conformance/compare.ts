export type JsonObject = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Text of a value that fits on a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= 120 ? text : `${text.slice(0, 90)}... (${text.length} characters)`
}

/**
 * Where an answer differs from the expected one. Everything counts, array order and spelling of hex included, but for
 * `message` of an `error`: its words are each client's own.
 */
export function differences(got: unknown, want: unknown, path = 'answer'): string[] {
  if (Array.isArray(got) && Array.isArray(want)) {
    const length = got.length === want.length ? [] : [`${path}: ${got.length} items instead of ${want.length}`]
    const common = want.slice(0, got.length)
    return [...length, ...common.flatMap((item, index) => differences(got[index], item, `${path}[${index}]`))]
  }
  if (!isObject(got) || !isObject(want)) return got === want ? [] : [`${path}: ${shown(got)} instead of ${shown(want)}`]
  const keys = new Set([...Object.keys(want), ...Object.keys(got)])
  return [...keys].flatMap((key) => {
    const place = `${path}.${key}`
    if (!Object.hasOwn(got, key)) return [`${place}: missing, should be ${shown(want[key])}`]
    if (!Object.hasOwn(want, key)) return [`${place}: ${shown(got[key])} should not be there`]
    if (key !== 'error') return differences(got[key], want[key], place)
    return differences(...withoutWords(got[key], want[key]), place)
  })
}

function withoutWords(got: unknown, want: unknown): [unknown, unknown] {
  if (!isObject(got) || !isObject(want) || !('message' in got && 'message' in want)) return [got, want]
  return [
    { ...got, message: '' },
    { ...want, message: '' },
  ]
}
