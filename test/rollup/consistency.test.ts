import { encodeFunctionData } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { nativeRollupAbi } from '../../rollup/contracts.ts'
import { verifyConsistency } from '../../rollup/settling/consistency.ts'
import { type Pair, seal, settleAll, startPair, type Tamper } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'
const BAD = 'ab'.repeat(32)
const { signal } = new AbortController()

type Receipt = { logs: { data: string; topics: string[] }[] }

/** Three settled blocks; each case lets L1 tell something else about them, or lets the node forget. */
describe('the comparison of this node with L1', () => {
  let of: Pair
  beforeAll(async () => {
    of = await startPair()
    await of.l2.start()
    await seal(of.l1)
    await of.l2.watcher.step()
    for (let index = 0; index < 3; index++) {
      await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
      of.clock.shift(1_000)
      await seal(of.l2)
    }
    await settleAll(of)
  })
  afterEach(() => {
    of.tamper.current = undefined
  })
  afterAll(() => of.close())

  async function mismatches(from = 1n, to = 3n) {
    const { chain, watcher: view, l1, inputs } = of.l2
    return (await verifyConsistency({ chain, view, l1, inputs }, { from, to }, signal)).mismatches
  }
  const fieldsOf = async () => [...new Set((await mismatches()).map(({ field }) => field))]
  /** changes what one method answers */
  const answering = (name: string, change: (result: unknown, params: unknown[]) => unknown): Tamper => {
    return async (method, params, answer) => (method === name ? change(await answer(), params) : answer())
  }
  const selectorOf = (functionName: 'headHash' | 'headNumber') =>
    encodeFunctionData({ abi: nativeRollupAbi, functionName })

  it('finds nothing while all is well', async () => {
    expect(await mismatches()).toEqual([])
    expect(await mismatches(2n, 2n)).toEqual([])
  })

  it('sees another event', async () => {
    of.tamper.current = answering('eth_getTransactionReceipt', (result) => {
      const receipt = structuredClone(result) as Receipt
      for (const log of receipt.logs) log.data = log.data.replace(/^0x.{64}/, `0x${BAD}`)
      return receipt
    })
    const found = await mismatches(2n, 2n)
    const { stateRoot } = of.l2.watcher.settledAt(2n) ?? {}
    expect(found).toEqual([{ block: 2n, field: 'stateRoot', node: stateRoot, contract: `0x${BAD}` }])
  })

  it('sees that the transaction is gone', async () => {
    of.tamper.current = answering('eth_getTransactionReceipt', () => null)
    const { l1TxHash } = of.l2.watcher.settledAt(1n) ?? {}
    expect(await mismatches(1n, 1n)).toEqual([{ block: 1n, field: 'settlement', node: l1TxHash }])
  })

  it('sees another head of the contract', async () => {
    of.tamper.current = answering('eth_call', (result, [call]) =>
      (call as { data: string }).data === selectorOf('headHash') ? `0x${BAD}` : result,
    )
    const { hash } = of.l2.watcher.settledAt(3n) ?? {}
    expect(await mismatches()).toEqual([{ block: 3n, field: 'hash', node: hash, contract: `0x${BAD}` }])
    of.tamper.current = answering('eth_call', (result, [call]) =>
      (call as { data: string }).data === selectorOf('headNumber') ? `0x${'4'.padStart(64, '0')}` : result,
    )
    expect(await fieldsOf()).toEqual(['head', 'hash'])
  })

  it('sees another state root in the contract', async () => {
    const heads = [selectorOf('headHash'), selectorOf('headNumber')] as string[]
    of.tamper.current = answering('eth_call', (result, [call]) =>
      heads.includes((call as { data: string }).data) ? result : `0x${BAD}`,
    )
    expect(await fieldsOf()).toEqual(['storedStateRoot'])
    expect(await mismatches()).toHaveLength(3)
  })

  it('sees another block in the calldata', async () => {
    of.tamper.current = answering('eth_getTransactionByHash', (result) => {
      const { input = '' } = result as { input?: string }
      return { ...(result as object), input: input.replace(/^(0x.{600})../, '$1ff') }
    })
    expect(await fieldsOf()).toEqual(['calldata'])
  })

  it('sees another anchor', async () => {
    of.tamper.current = answering('eth_getBlockByNumber', (result) => ({ ...(result as object), hash: `0x${BAD}` }))
    expect(await fieldsOf()).toEqual(['anchorHash'])
  })

  it('sees what this node does not have', async () => {
    const { chain } = of.l2
    const head = chain.head().hash
    await chain.rewindTo(chain.head().header.parentHash)
    const found = await mismatches(3n, 3n)
    await chain.rewindTo(head)
    expect(found.map(({ field }) => field).sort()).toEqual(
      ['anchorBlock', 'anchorHash', 'calldata', 'hash', 'stateRoot', 'storedStateRoot'].sort(),
    )
    for (const mismatch of found) expect(mismatch).not.toHaveProperty('node')
  })

  it('stops when nobody waits for it any more, and says that L1 is away', async () => {
    const { chain, watcher: view, l1, inputs } = of.l2
    const over = AbortSignal.abort(new Error('gone'))
    await expect(verifyConsistency({ chain, view, l1, inputs }, { from: 1n, to: 3n }, over)).rejects.toThrow('gone')
    of.tamper.current = async () => {
      throw new Error('the connection broke')
    }
    await expect(mismatches()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' })
  })
})
