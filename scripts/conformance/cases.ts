import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One request and the answer it must get, as text of the file. */
export type Exchange = { readonly request: string; readonly response: string }

/** A file of execution-apis' tests: `METHOD/NAME.io`, or the same gzipped. */
export type Case = {
  readonly name: string
  readonly method: string
  /** an answer without error need only have the form that the specification gives the result */
  readonly formOnly: boolean
  readonly exchanges: readonly Exchange[]
}

const CASE_FILE = /\.io(\.gz)?$/

/** Every case below a folder, by name. Throws Error for a file that is no case. */
export function readCases(folder: string): Case[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => CASE_FILE.test(file))
  return files.sort().map((file) => {
    const bytes = readFileSync(join(folder, file))
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
    return parseCase(file.replace(CASE_FILE, '').replaceAll('\\', '/'), text)
  })
}

/**
 * Lines of a case: `// comment`, `>> request`, `<< response`, in turns. A comment `// speconly:` before the first
 * request asks for the form of the result alone.
 */
export function parseCase(name: string, text: string): Case {
  const exchanges: Exchange[] = []
  let formOnly = false
  let request: string | undefined
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    const content = line.slice(2).trim()
    if (line === '') continue
    else if (line.startsWith('//')) formOnly ||= exchanges.length === 0 && content.startsWith('speconly:')
    else if (line.startsWith('>>') && request === undefined) request = content
    else if (line.startsWith('<<') && request !== undefined) {
      exchanges.push({ request, response: content })
      request = undefined
    } else throw new Error(`${name}: unexpected line ${line.slice(0, 80)}`)
  }
  if (request !== undefined || exchanges.length === 0) throw new Error(`${name}: a request without its response`)
  return { name, method: name.split('/')[0] ?? name, formOnly, exchanges }
}
