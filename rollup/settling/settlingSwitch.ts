import type { Settler } from './settler.ts'

/** Whether a node settles by itself. */
export type SettlingSwitch = {
  isOn(): boolean
  set(isOn: boolean): void
  /** while `work` settles by hand, blocks are made as if the node settled by itself */
  during<Result>(work: () => Promise<Result>): Promise<Result>
}

export type SettlingSwitchDeps = {
  /** whether blocks keep to what L1 can settle; follows the switch */
  windows: { current: boolean }
  settler: Pick<Settler, 'setPaused' | 'start'>
  /** the settler of a node that does not run is not started */
  isRunning(): boolean
}

export function createSettlingSwitch(
  isOnAtFirst: boolean,
  { windows, settler, isRunning }: SettlingSwitchDeps,
): SettlingSwitch {
  let current = isOnAtFirst
  return {
    isOn: () => current,
    set(isOn) {
      current = isOn
      windows.current = isOn
      settler.setPaused(!isOn)
      if (isOn && isRunning()) settler.start()
    },
    async during(work) {
      windows.current = true
      try {
        return await work()
      } finally {
        windows.current = current
      }
    },
  }
}
