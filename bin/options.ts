import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { wordsOf } from '../rpc/rollup/wire.ts'
import { NodeError } from '../stateless/errors.ts'
import { BOOLEAN_FLAGS, COMMANDS, type CommandName, LIST_FLAGS, SECRET_FLAGS } from './commands.ts'

/** Something on the command line, in the environment or in the settings file is wrong. Printed as one line, exit 2. */
export class UsageError extends NodeError<
  'UNKNOWN_FLAG' | 'BAD_VALUE' | 'UNKNOWN_COMMAND' | 'MISSING_VALUE' | 'BAD_FILE'
> {}

type AnySchema = z.ZodObject<Record<string, z.ZodType>>

export type Parsed = {
  command: CommandName | 'help' | 'version'
  options: Record<string, unknown>
  positionals: string[]
}

/**
 * Command, options and positional arguments from argv (without node and script), the environment and the settings file.
 *
 * A flag beats `REENACT_<NAME>`, which beats the file, which beats the default. `--no-x` switches a boolean off.
 *
 * @throws UsageError that names the flag, variable, or file and key, and says what is allowed
 */
export function parseCommandLine(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Parsed {
  if (argv.includes('--help') || argv.includes('-h'))
    return { command: 'help', options: {}, positionals: [...argv].filter((a) => !a.startsWith('-')) }
  if (argv.includes('--version') || argv.includes('-V')) return { command: 'version', options: {}, positionals: [] }
  const [first, ...rest] = argv
  const named = first !== undefined && !first.startsWith('-')
  if (named && !Object.hasOwn(COMMANDS, first) && first !== 'help') {
    throw new UsageError('UNKNOWN_COMMAND', `unknown command: ${first} (commands: ${Object.keys(COMMANDS).join(', ')})`)
  }
  if (first === 'help') return { command: 'help', options: {}, positionals: rest }
  const command = (named ? first : 'devnet') as CommandName
  const { schema, positionals: wanted } = COMMANDS[command]
  const { flags, positionals } = readFlags(named ? rest : argv, schema as unknown as AnySchema)
  if (positionals.length > wanted) {
    throw new UsageError('BAD_VALUE', `unexpected argument: ${positionals[wanted]} (see reenact ${command} --help)`)
  }
  requireKnownWord(command, positionals[0])
  const fromEnv = readEnvironment(env, schema as unknown as AnySchema)
  const file = flags.config ?? fromEnv.config
  const fromFile = typeof file === 'string' ? readSettingsFile(file, schema as unknown as AnySchema) : {}
  const merged = { ...fromFile, ...fromEnv, ...flags }
  const result = schema.safeParse(merged)
  if (!result.success) {
    const problems = result.error.issues.map((issue) => {
      const key = String(issue.path[0] ?? '')
      if (merged[key] === undefined) return `--${key} is required`
      const name = key in flags ? `--${key}` : key in fromEnv ? variableOf(key) : `${file}: ${key}`
      return SECRET_FLAGS.has(key)
        ? `${name}: ${wordsOf(issue)}`
        : `${name} ${JSON.stringify(merged[key])}: ${wordsOf(issue)}`
    })
    throw new UsageError('BAD_VALUE', problems.join('; '))
  }
  return { command, options: result.data, positionals }
}

/** Before the flags are judged: who asks for something that does not exist should not be told to add a flag to it. */
function requireKnownWord(command: CommandName, word: string | undefined): void {
  const entry = COMMANDS[command]
  if (!('words' in entry) || (entry.words as readonly (string | undefined)[]).includes(word)) return
  const got = word === undefined ? '' : `, not ${word}`
  throw new UsageError('BAD_VALUE', `reenact ${command} takes ${entry.words.join(' or ')}${got}`)
}

function readFlags(
  argv: readonly string[],
  schema: AnySchema,
): { flags: Record<string, unknown>; positionals: string[] } {
  const flags: Record<string, unknown> = {}
  const positionals: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? ''
    if (argument === '-' || !argument.startsWith('-')) {
      positionals.push(argument)
      continue
    }
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(argument) ?? []
    const negated = name.startsWith('no-') && BOOLEAN_FLAGS.has(name.slice(3))
    const key = negated ? name.slice(3) : name
    if (!Object.hasOwn(schema.shape, key)) {
      throw new UsageError(
        'UNKNOWN_FLAG',
        `unknown flag: ${argument.split('=', 1)[0]}${didYouMean(key, Object.keys(schema.shape))}`,
      )
    }
    if (BOOLEAN_FLAGS.has(key)) {
      flags[key] = negated ? false : (inline ?? true)
      continue
    }
    const value = inline ?? argv[++i]
    if (value === undefined) throw new UsageError('MISSING_VALUE', `--${key} needs a value`)
    flags[key] = LIST_FLAGS.has(key) && key in flags ? [flags[key], value].flat() : value
  }
  return { flags, positionals }
}

function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  schema: AnySchema,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const key of Object.keys(schema.shape)) {
    const value = env[variableOf(key)]
    if (value !== undefined && value !== '') values[key] = value
  }
  return values
}

const variableOf = (flag: string): string => `REENACT_${flag.toUpperCase().replaceAll('-', '_')}`

function readSettingsFile(path: string, schema: AnySchema): Record<string, unknown> {
  const settings = readJsonFile(path)
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    throw new UsageError('BAD_FILE', `${path}: the settings file must hold a JSON object`)
  }
  for (const key of Object.keys(settings)) {
    if (!Object.hasOwn(schema.shape, key)) {
      throw new UsageError(
        'UNKNOWN_FLAG',
        `${path}: unknown setting: ${key}${didYouMean(key, Object.keys(schema.shape))}`,
      )
    }
  }
  return { ...settings }
}

/** Reads and parses a JSON file. @throws UsageError BAD_FILE with the path and the reason */
export function readJsonFile(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError('BAD_FILE', `cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError('BAD_FILE', `${path} is not JSON: ${(error as Error).message}`)
  }
}

function didYouMean(name: string, known: readonly string[]): string {
  const ranked = known
    .map((key) => ({ key, distance: editDistance(name, key) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= 3 ? ` (did you mean --${best.key}?)` : ''
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The help text of one command, or of all. */
export function helpText(command?: string): string {
  const known = command !== undefined && Object.hasOwn(COMMANDS, command) ? (command as CommandName) : undefined
  if (known === undefined) {
    const commands = Object.entries(COMMANDS).map(
      ([name, { about }]) => `  reenact ${name === 'devnet' ? '[devnet]' : name}`.padEnd(22) + about,
    )
    return [
      'reenact: an Ethereum L1 node that re-executes its rollups',
      '',
      ...commands,
      '',
      ...flagLines('devnet'),
      '',
      'reenact COMMAND --help shows the flags of a command.',
      'Every flag is also REENACT_<NAME> in the environment and a key of the --config JSON file.',
    ].join('\n')
  }
  return [`reenact ${known}: ${COMMANDS[known].about}`, '', ...flagLines(known)].join('\n')
}

function flagLines(command: CommandName): string[] {
  return Object.entries(COMMANDS[command].schema.shape).map(([name, field]) => {
    const type = field as z.ZodType
    const fallback = type.safeParse(undefined)
    const shown =
      fallback.success && fallback.data !== undefined && typeof fallback.data !== 'boolean'
        ? ` (default ${fallback.data})`
        : ''
    return `  --${name.padEnd(16)} ${type.description ?? ''}${shown}`
  })
}
