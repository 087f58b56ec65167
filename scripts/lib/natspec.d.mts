import type { SyntaxTrees } from './solidity.mjs'

export function natspecProblems(sources: SyntaxTrees): string[]
