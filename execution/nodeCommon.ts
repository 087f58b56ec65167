import { paramsBlock } from '@ethereumjs/block'
import { Common, type CommonOpts, type HardforkTransitionConfig, type ParamsDict } from '@ethereumjs/common'
import { paramsEVM } from '@ethereumjs/evm'
import { paramsTx } from '@ethereumjs/tx'
import { paramsVM } from '@ethereumjs/vm'

/** In the order in which stock code merges them: `historyServeWindow` differs, and the VM's value must win. */
const LIBRARY_PARAMS: readonly ParamsDict[] = [paramsTx, paramsBlock, paramsEVM, paramsVM]

/**
 * Common with the parameters of all libraries merged once, and without the work that stock Common repeats on every
 * opcode, transaction and header: re-merging those parameters, searching EIP lists, rebuilding the fork list.
 *
 * Fields are declared, not initialised: Common's constructor calls the overridden builders before a field initialiser
 * of this class would run.
 */
export class NodeCommon extends Common {
  declare protected activeEips: ReadonlySet<number>
  declare protected bigintParams: Map<string, bigint>
  declare protected forkList: HardforkTransitionConfig[] | undefined
  /** What follows from the fork alone and is costly to make, by fork; one map for all copies. */
  declare readonly byFork: Map<string, unknown>

  constructor(options: CommonOpts) {
    super(options)
    this.byFork = new Map()
  }

  override hardforks(): HardforkTransitionConfig[] {
    this.forkList ??= super.hardforks()
    return this.forkList
  }

  override isActivatedEIP(eip: number): boolean {
    return this.activeEips.has(eip)
  }

  override param(name: string): bigint {
    const known = this.bigintParams.get(name)
    if (known !== undefined) return known
    const value = super.param(name)
    this.bigintParams.set(name, value)
    return value
  }

  /** The libraries' own sets are already in; anything else is merged as usual. */
  override updateParams(params: ParamsDict): void {
    if (LIBRARY_PARAMS.includes(params)) return
    super.updateParams(params)
  }

  protected override _buildParamsCache(): void {
    super._buildParamsCache()
    this.bigintParams = new Map()
  }

  protected override _buildActivatedEIPsCache(): void {
    super._buildActivatedEIPsCache()
    this.activeEips = new Set(this._activatedEIPsCache)
  }
}

/**
 * A Common that many transactions and headers share. Their constructors copy it and set its fork; here the copy is the
 * object itself and another fork is refused loudly. Never give it to an EVM: each EVM leaves a listener on its Common.
 */
export class SharedCommon extends NodeCommon {
  override copy(): Common {
    return this
  }

  override setHardfork(hardfork: string): void {
    if (this.hardfork() !== hardfork) {
      throw new Error(`a shared Common of ${this.hardfork()} was asked to become ${hardfork}`)
    }
  }

  override setEIPs(): void {
    throw new Error('a shared Common was asked to change its EIPs')
  }

  override resetParams(): void {
    throw new Error('a shared Common was asked to change its parameters')
  }
}

/** A Common at its default fork with all parameters in; `params` (chain specific) win over the libraries' values. */
export function createNodeCommon(options: CommonOpts & { params: ParamsDict }): NodeCommon {
  return new NodeCommon({ ...options, params: mergeParams([...LIBRARY_PARAMS, options.params]) })
}

/** The shared form of the same chain, fixed at one fork. */
export function createSharedCommon(options: CommonOpts & { params: ParamsDict }, hardfork: string): SharedCommon {
  const chain = { ...options.chain, defaultHardfork: hardfork }
  return new SharedCommon({ ...options, chain, params: mergeParams([...LIBRARY_PARAMS, options.params]) })
}

function mergeParams(sets: readonly ParamsDict[]): ParamsDict {
  const merged: ParamsDict = {}
  for (const set of sets) {
    for (const [key, values] of Object.entries(set)) merged[key] = { ...merged[key], ...values }
  }
  return merged
}
