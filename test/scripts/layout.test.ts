import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { l2TokenBridge } from '../../genesis/generated/L2TokenBridge.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import {
  type Artifacts,
  creationProblems,
  movedSlots,
  renderLayouts,
  renderSizes,
  sizeProblems,
} from '../../scripts/lib/layout.mjs'
import type { Artifact } from '../../scripts/lib/solidity.mjs'

const artifacts = {
  CrossMessenger: crossMessenger,
  L1Messenger: l1Messenger,
  L2Messenger: l2Messenger,
  L2TokenBridge: l2TokenBridge,
  NativeRollup: nativeRollup,
} as unknown as Record<string, Artifact>

function changed(name: string, change: (artifact: Artifact) => Partial<Artifact>): Artifacts {
  const artifact = artifacts[name]
  if (artifact === undefined) throw new Error(`there is no ${name}`)
  return { ...artifacts, [name]: { ...artifact, ...change(structuredClone(artifact)) } }
}

const code = (bytes: number): `0x${string}` => `0x${'00'.repeat(bytes)}`

it('accepts what is checked in, and its snapshot', () => {
  expect([...sizeProblems(artifacts), ...creationProblems(artifacts), ...movedSlots(artifacts)]).toEqual([])
  const snapshot = readFileSync('contracts/snapshots/storage.txt', 'utf8')
  for (const part of renderLayouts(artifacts).trim().split('\n\n')) expect(snapshot).toContain(part)
  expect(renderSizes(artifacts)).toContain('NativeRollup')
})

it('refuses code above the limits, to the byte', () => {
  expect(sizeProblems(changed('L1Messenger', () => ({ runtimeCode: code(24_576) })))).toEqual([])
  expect(sizeProblems(changed('L1Messenger', () => ({ runtimeCode: code(24_577) })))).toEqual([
    'L1Messenger: code has 24577 bytes, the limit is 24576',
  ])
  expect(sizeProblems(changed('L2Messenger', () => ({ creationCode: code(49_153) })))).toEqual([
    'L2Messenger: init code has 49153 bytes, the limit is 49152',
  ])
})

it('refuses rollups that do not fit into one block', () => {
  const found = creationProblems(changed('NativeRollup', () => ({ runtimeCode: code(60_000_000 / 1_530) })))
  expect(found).toEqual([expect.stringMatching(/^RollupFactory.create has \d+ state gas, the limit is 60000000$/)])
})

it.each([
  ['L1Messenger', '_tree'],
  ['L2Messenger', '_tree'],
  ['CrossMessenger', '_tree'],
  ['L2Messenger', '_l1Messenger'],
  ['NativeRollup', '_stateRoots'],
] as const)('notices that %s.%s has moved', (name, variable) => {
  const moved = changed(name, ({ storageLayout }) => ({
    storageLayout: {
      ...storageLayout,
      storage: storageLayout.storage.map((entry) =>
        entry.label === variable ? { ...entry, slot: String(Number(entry.slot) + 1) } : entry,
      ),
    },
  }))
  expect(movedSlots(moved)).toEqual([expect.stringContaining(`${name}.${variable} is in slot`)])
  expect(renderLayouts(moved)).not.toBe(renderLayouts(artifacts))
})

it('notices that a tree does not begin with its root', () => {
  const moved = changed('L1Messenger', ({ storageLayout }) => {
    const types = storageLayout.types as Record<string, { members: unknown[] }>
    types['t_struct(Tree)_storage']?.members.reverse()
    return { storageLayout: { ...storageLayout, types } }
  })
  expect(movedSlots(moved)).toEqual(['L1Messenger: the tree does not begin with its root'])
})

it('notices that a variable is gone', () => {
  const gone = changed('NativeRollup', ({ storageLayout }) => ({
    storageLayout: { ...storageLayout, storage: storageLayout.storage.filter(({ label }) => label !== '_headHash') },
  }))
  expect(movedSlots(gone)).toEqual([expect.stringContaining('NativeRollup._headHash is nowhere')])
})
