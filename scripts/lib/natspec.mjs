// What is missing in the NatSpec of contracts, from the compiler's syntax trees: every contract has a title, and everything
// that can be reached from outside (functions, public variables, events, errors, the structs of their parameters) a notice,
// with a line for each parameter and return value.

/** @param sources path -> { ast }, as solc gives them; @returns lines `path:name: what is missing` */
export function natspecProblems(sources) {
  const nodes = new Map()
  for (const { ast } of Object.values(sources)) visit(ast, (node) => nodes.set(node.id, node))
  const reached = structsFromOutside(nodes)
  return Object.entries(sources).flatMap(([path, { ast }]) => {
    const found = []
    visit(ast, (node, parents) => {
      const check = CHECKS[node.nodeType]
      if (check === undefined) return
      const owner = parents.findLast(({ nodeType }) => nodeType === 'ContractDefinition')
      const name = [owner?.name, node.name || node.kind].filter(Boolean).join('.')
      for (const missing of check(node, { nodes, reached, owner })) found.push(`${path}: ${name}: ${missing}`)
    })
    return found
  })
}

const CHECKS = {
  ContractDefinition(node) {
    return has(tagsOf(node), 'title') ? [] : ['no @title']
  },
  FunctionDefinition(node, { nodes, owner }) {
    const fromOutside = node.kind === 'constructor' ? owner.abstract === false : isOutside(node)
    if (!fromOutside) return []
    const tags = tagsOf(node)
    const inherited = inheritedTags(node, tags, { nodes, owner })
    const all = [...tags, ...inherited]
    const values = node.returnParameters.parameters.length
    const returns = Math.max(count(tags, 'return'), count(inherited, 'return'))
    return [
      ...notice(all),
      ...parameters(node.parameters.parameters, tags, inherited),
      ...(returns === values ? [] : [`${returns} @return for ${values} values`]),
    ]
  },
  VariableDeclaration(node) {
    if (node.visibility !== 'public' || !node.stateVariable) return []
    return has(tagsOf(node), 'notice') || has(tagsOf(node), 'inheritdoc') ? [] : ['no @notice']
  },
  EventDefinition(node) {
    return [...notice(tagsOf(node)), ...parameters(node.parameters.parameters, tagsOf(node))]
  },
  ErrorDefinition(node) {
    return [...notice(tagsOf(node)), ...parameters(node.parameters.parameters, tagsOf(node))]
  },
  StructDefinition(node, { reached }) {
    const tags = tagsOf(node)
    if (!reached.has(node.id)) return has(tags, 'dev') || has(tags, 'notice') ? [] : ['neither @dev nor @notice']
    return [...notice(tags), ...parameters(node.members, tags)]
  },
}

function visit(node, see, parents = []) {
  if (node === null || typeof node !== 'object') return
  if (node.nodeType !== undefined) see(node, parents)
  // arrays and lists of names are walked through as well
  const inner = node.nodeType === undefined ? parents : [...parents, node]
  for (const child of Object.values(node)) visit(child, see, inner)
}

const isOutside = ({ visibility, kind }) =>
  ['external', 'public'].includes(visibility) || ['receive', 'fallback'].includes(kind)

/** [tag, text] in order; text without a tag is a notice */
export function tagsOf({ documentation }) {
  const text = typeof documentation === 'string' ? documentation : (documentation?.text ?? '')
  const parts = `@notice ${text}`.split(/(?:^|\s)@(?=[a-z])/).slice(1)
  return parts
    .map((part) => [part.split(/\s/, 1)[0], part.replace(/^\S+\s*/, '').trim()])
    .filter(([, rest]) => rest !== '')
}

const has = (tags, tag) => tags.some(([name]) => name === tag)
const count = (tags, tag) => tags.filter(([name]) => name === tag).length

function notice(tags) {
  return has(tags, 'notice') ? [] : ['no @notice']
}

function parameters(declared, tags, inherited = []) {
  const namesIn = (list) => list.filter(([tag]) => tag === 'param').map(([, text]) => text.split(/\s/, 1)[0])
  const told = new Set([...namesIn(tags), ...namesIn(inherited).flatMap((name) => [name, `_${name}`])])
  // What a function does not use has its name where it is inherited from.
  if (inherited.length > 0) told.add('')
  return declared.filter(({ name }) => !told.has(name)).map(({ name }) => `no @param ${name || '(it has no name)'}`)
}

/** The tags of the function that `@inheritdoc` names; its parameters may lack the underscore that they have here. */
function inheritedTags(node, tags, { nodes, owner }) {
  const from = tags.find(([tag]) => tag === 'inheritdoc')?.[1]
  if (from === undefined) return []
  const base = owner.linearizedBaseContracts.map((id) => nodes.get(id)).find((contract) => contract?.name === from)
  const origin = base?.nodes.find(({ nodeType, name }) => nodeType === 'FunctionDefinition' && name === node.name)
  return origin === undefined ? [] : tagsOf(origin)
}

/** Ids of the structs that parameters and results of what is reached from outside consist of. */
function structsFromOutside(nodes) {
  const reached = new Set()
  const follow = (node) =>
    visit(node, ({ nodeType, referencedDeclaration }) => {
      const target = nodeType === 'UserDefinedTypeName' ? nodes.get(referencedDeclaration) : undefined
      if (target?.nodeType !== 'StructDefinition' || reached.has(target.id)) return
      reached.add(target.id)
      follow(target.members)
    })
  for (const node of nodes.values()) {
    const fromOutside = node.nodeType === 'FunctionDefinition' && (isOutside(node) || node.kind === 'constructor')
    if (!fromOutside && !['EventDefinition', 'ErrorDefinition'].includes(node.nodeType)) continue
    follow(node.parameters)
    if (node.returnParameters) follow(node.returnParameters)
  }
  return reached
}
