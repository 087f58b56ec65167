import type { Artifact } from './solidity.mjs'

export type Artifacts = Readonly<Record<string, Artifact>>

export function renderSizes(artifacts: Artifacts): string
export function sizeProblems(artifacts: Artifacts): string[]
export function creationProblems(artifacts: Artifacts): string[]
export function movedSlots(artifacts: Artifacts): string[]
export function renderLayouts(artifacts: Artifacts): string
