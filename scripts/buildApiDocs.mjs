// Makes docs/api/ out of the types and comments of what package.json exports, or with --check fails when it is not up to
// date. A type that a signature names and users cannot import, or a link to nothing, fails too.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = join(root, 'docs', 'api')
/** Entries without a page: an ABI says itself what it is. */
const WITHOUT_PAGE = ['./abi']

const { status } = spawnSync(process.execPath, ['scripts/setup.mjs', 'test'], { cwd: root, stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
const tools = join(root, 'test', 'node_modules')
const { Application, Converter, ReflectionKind } = await import(
  pathToFileURL(join(tools, 'typedoc/dist/index.js')).href
)

if (process.argv.includes('--check')) {
  const folder = mkdtempSync(join(tmpdir(), 'reenact-api-docs-'))
  try {
    await write(folder)
    if (textOf(folder) !== textOf(pages)) fail('docs/api is not up to date: npm run build:api-docs')
    console.log('docs/api is up to date')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
} else {
  rmSync(pages, { recursive: true, force: true })
  await write(pages)
}

async function write(folder) {
  const entries = entrySources()
  const app = await Application.bootstrapWithPlugins({
    plugin: [join(tools, 'typedoc-plugin-markdown/dist/index.js')],
    entryPoints: Object.keys(entries).map((path) => join(root, path)),
    tsconfig: join(root, 'tsconfig.json'),
    // our compiler is a newer one, and `npm run typecheck` has run it
    skipErrorChecking: true,
    outputs: [{ name: 'markdown', path: folder }],
    cleanOutputDir: false,
    logLevel: 'Warn',
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
    // `reenact/abi` exports it
    intentionallyNotExported: ['crossMessengerAbi'],
    readme: 'none',
    excludeExternals: true,
    excludePrivate: true,
    disableSources: true,
    sort: ['kind', 'alphabetical'],
    kindSortOrder: ['Function', 'TypeAlias', 'Class', 'Variable'],
    groupOrder: ['Functions', 'Type Aliases', 'Variables', 'Classes'],
    // of the markdown plugin: one page for each entry, nothing on it that changes without the code
    outputFileStrategy: 'modules',
    entryFileName: 'README.md',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    expandParameters: false,
    useCodeBlocks: true,
    parametersFormat: 'table',
    classPropertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    propertyMembersFormat: 'table',
    typeAliasPropertiesFormat: 'table',
    tableColumnSettings: { hideDefaults: true, hideInherited: true, hideOverrides: true },
    pageTitleTemplates: { index: 'API of reenact', module: ({ name }) => `reenact/${name}` },
  })
  nameParameters(app)
  leaveOutConstructors(app)
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = entries[`${module.name}.ts`] ?? module.name
  })
  const project = await app.convert()
  if (project === undefined) fail('typedoc could not read the entries')
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) fail('docs/api was not written')
  await app.generateOutputs(project)
}

/** source of each entry -> name of its page */
function entrySources() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const modules = Object.entries(exports).filter(([path, { types }]) => types && !WITHOUT_PAGE.includes(path))
  return Object.fromEntries(
    modules.map(([path, { types }]) => [types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts'), path.slice('./'.length)]),
  )
}

/** Parameters that a function takes apart have no name of their own. */
function nameParameters({ converter }) {
  converter.on(Converter.EVENT_CREATE_PARAMETER, (_, parameter) => {
    if (parameter.name === '__namedParameters') parameter.name = 'parameters'
  })
}

/** Classes of the package are errors: users catch them and never make one. */
function leaveOutConstructors({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const made of project.getReflectionsByKind(ReflectionKind.Constructor)) {
      project.removeReflection(made)
    }
  })
}

function textOf(folder) {
  const names = readdirSync(folder).sort()
  return names.map((name) => `${name}\n${readFileSync(join(folder, name), 'utf8')}`).join('')
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
