// Sizes and storage of compiled contracts, as text and as problems. Works on artifacts: name -> { creationCode, runtimeCode,
// storageLayout, immutableReferences }.

/** EIP-170; contracts of L1 stay below it on every chain, whatever Amsterdam's limit (EIP-7954) allows. */
const CODE_LIMIT = 24_576
/** EIP-3860 */
const INIT_CODE_LIMIT = 49_152
/** EIP-8037: state gas of one byte of code and of a new account. */
const CODE_BYTE_GAS = 1_530
const ACCOUNT_GAS = 183_600
const SLOT_GAS = 97_920
const BLOCK_GAS_LIMIT = 60_000_000

/** What `RollupFactory.create` deploys, each by a CREATE3 proxy that stays with 20 bytes of code. */
const CREATED = ['NativeRollup', 'L1Messenger', 'L1TokenBridge']
const PROXY_CODE = 20
/** Slots that a new rollup fills: head (2), sequencer, ring, peer of its bridge, registry. */
const CREATED_SLOTS = 6

/** Storage that is proven on another chain or written by genesis: contract, variable, slot, offset. */
const FIXED = [
  ['L1Messenger', '_tree', 0, 0],
  ['L2Messenger', '_tree', 0, 0],
  ['CrossMessenger', '_tree', 0, 0],
  ['L2Messenger', '_l1Messenger', 35, 0],
  ['L2Messenger', '_l1ChainId', 35, 20],
  ['L2Messenger', '_l1Rollup', 101, 0],
  ['L2Messenger', '_l1TokenBridge', 102, 0],
  ['L2TokenBridge', '_peer', 2, 0],
  ['NativeRollup', '_headHash', 0, 0],
  ['NativeRollup', '_stateRoots', 6, 0],
]

const length = (code) => code.length / 2 - 1

export function renderSizes(artifacts) {
  const rows = Object.entries(artifacts).map(([name, { creationCode, runtimeCode }]) => [
    name,
    length(runtimeCode).toLocaleString('en-US'),
    length(creationCode).toLocaleString('en-US'),
    `${((100 * length(runtimeCode)) / CODE_LIMIT).toFixed(0)} %`,
  ])
  const gas = creationStateGas(artifacts).toLocaleString('en-US')
  return [['contract', 'code', 'init code', `of ${CODE_LIMIT}`], ...rows]
    .map(([name, ...cells]) => `${name.padEnd(20)}${cells.map((cell) => cell.padStart(12)).join('')}`)
    .concat(`RollupFactory.create takes ${gas} of state gas, a block has ${BLOCK_GAS_LIMIT.toLocaleString('en-US')}`)
    .join('\n')
}

export function sizeProblems(artifacts) {
  return Object.entries(artifacts).flatMap(([name, { creationCode, runtimeCode }]) => [
    ...tooLarge(`${name}: code`, length(runtimeCode), CODE_LIMIT),
    ...tooLarge(`${name}: init code`, length(creationCode), INIT_CODE_LIMIT),
  ])
}

function tooLarge(what, size, limit) {
  return size <= limit ? [] : [`${what} has ${size} bytes, the limit is ${limit}`]
}

/** State gas of a new rollup: code, accounts with their CREATE3 proxies, slots. */
function creationStateGas(artifacts) {
  const created = CREATED.filter((name) => artifacts[name] !== undefined)
  const bytes = created.reduce((sum, name) => sum + length(artifacts[name].runtimeCode) + PROXY_CODE, 0)
  return bytes * CODE_BYTE_GAS + 2 * created.length * ACCOUNT_GAS + CREATED_SLOTS * SLOT_GAS
}

export function creationProblems(artifacts) {
  return tooLarge('RollupFactory.create', creationStateGas(artifacts), BLOCK_GAS_LIMIT).map((text) =>
    text.replace('bytes', 'state gas'),
  )
}

export function movedSlots(artifacts) {
  const moved = FIXED.flatMap(([contract, variable, slot, offset]) => {
    const found = artifacts[contract]?.storageLayout.storage.find(({ label }) => label === variable)
    if (found !== undefined && Number(found.slot) === slot && found.offset === offset) return []
    const place = found === undefined ? 'nowhere' : `in slot ${found.slot} at byte ${found.offset}`
    return [`${contract}.${variable} is ${place}; proofs and genesis need it in slot ${slot} at byte ${offset}`]
  })
  const roots = ['L1Messenger', 'L2Messenger', 'CrossMessenger'].flatMap((contract) => {
    const tree = artifacts[contract]?.storageLayout.types?.['t_struct(Tree)_storage']
    const [first] = tree?.members ?? []
    return first?.label === 'root' && first.slot === '0' ? [] : [`${contract}: the tree does not begin with its root`]
  })
  return [...moved, ...roots]
}

/** Every variable with its place, structs with their members. */
export function renderLayouts(artifacts) {
  const parts = Object.entries(artifacts)
    .filter(([, { storageLayout }]) => storageLayout.storage.length > 0)
    .map(([name, { storageLayout }]) => [name, ...variables(storageLayout, storageLayout.storage, '  ')].join('\n'))
  return `${parts.join('\n\n')}\n`
}

function variables({ types }, members, indent) {
  return members.flatMap(({ label, slot, offset, type }) => {
    const { label: shown, numberOfBytes, members: inner, value } = types[type]
    const at = `${indent}slot ${slot}`.padEnd(16) + `byte ${offset}`.padEnd(9) + `${numberOfBytes} bytes`.padEnd(14)
    const line = `${at}${label}: ${shown}`
    const struct = inner ?? types[value]?.members
    return struct === undefined ? [line] : [line, ...variables({ types }, struct, `${indent}  `)]
  })
}
