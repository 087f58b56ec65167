import type { AdjustableClock } from '../../node/clock.ts'
import { increaseTime, MAX_TIMESTAMP, setNextTimestamp, setTime } from '../../node/timeTravel.ts'
import { method, required } from '../params.ts'
import type { MethodTable, RpcMethod } from '../types.ts'
import type { L1DevDeps } from './deps.ts'
import { amountBetween, answering, named } from './values.ts'

/** Later than this, a number of seconds is one of milliseconds. */
const MILLISECONDS_FROM = 100_000_000_000n

/** The clock of all chains of this process moves forward; the answer is its lead over real time in seconds, which may be negative. */
export function increaseTimeMethod(clock: AdjustableClock): RpcMethod {
  return method([required('seconds', amountBetween(0n, MAX_TIMESTAMP))], ([seconds]) =>
    Number(increaseTime(clock, seconds)),
  )
}

export function timeMethods({ node, clock }: Pick<L1DevDeps, 'node' | 'clock'>): MethodTable {
  const { producer } = node
  const timestamp = required('timestamp', amountBetween(1n, MAX_TIMESTAMP))
  const setNext = method([timestamp], ([time]) => setNextTimestamp(producer, clock, time))
  // ganache counts milliseconds here, anvil seconds
  const set = method([required('timestamp', amountBetween(1n, MAX_TIMESTAMP * 1000n))], ([time]) =>
    Number(setTime(clock, time >= MILLISECONDS_FROM ? time / 1000n : time)),
  )
  return {
    ...named(['evm_increaseTime', 'anvil_increaseTime', 'hardhat_increaseTime'], increaseTimeMethod(clock)),
    ...named(['evm_setNextBlockTimestamp', 'anvil_setNextBlockTimestamp'], answering(null, setNext)),
    ...named(['evm_setTime', 'anvil_setTime'], set),
    ...intervalMethods({ node }),
  }
}

/** Every block so much after its parent. anvil counts seconds, viem's hardhat mode milliseconds. */
function intervalMethods({ node: { producer } }: Pick<L1DevDeps, 'node'>): MethodTable {
  const seconds = method([required('seconds', amountBetween(1n, MAX_TIMESTAMP))], ([interval]) =>
    producer.set({ timestampInterval: interval }),
  )
  const milliseconds = method([required('milliseconds', amountBetween(1n, MAX_TIMESTAMP * 1000n))], ([interval]) =>
    producer.set({ timestampInterval: interval < 1000n ? 1n : interval / 1000n }),
  )
  const remove = method([], () => {
    const had = producer.settings().timestampInterval !== undefined
    producer.set({ timestampInterval: undefined })
    return had
  })
  return {
    anvil_setBlockTimestampInterval: answering(null, seconds),
    hardhat_setBlockTimestampInterval: answering(true, milliseconds),
    ...named(['anvil_removeBlockTimestampInterval', 'hardhat_removeBlockTimestampInterval'], remove),
  }
}
