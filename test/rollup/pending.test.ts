import { parseEther } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount, RELAYER_ADDRESS } from '../../genesis/accounts.ts'
import type { RpcContext } from '../../rpc/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { blockToPayloadRequest } from '../../stateless/payload.ts'
import { SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { type Pair, seal, startPair } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'

let pair: Pair | undefined
afterEach(async () => {
  await pair?.close()
  pair = undefined
})

async function start(): Promise<Pair> {
  pair = await startPair()
  await pair.l2.start()
  return pair
}

describe('the pending block of L2', () => {
  it('begins as the builder begins: anchor, fee recipient, limits; its state holds what waits', async () => {
    const { l1, l2, sendL2 } = await start()
    await seal(l1)
    await l2.watcher.step()
    await sendL2(devAccount(3), { to: FRESH, value: parseEther('1') })
    const { block, transactions, state } = await l2.pending.get()
    expect(transactions).toHaveLength(1)
    expect(state().getAccount(hexToBytes(FRESH))?.balance).toBe(parseEther('1'))
    const sealed = await seal(l2)
    const { coinbase, gasLimit, prevRandao, parentBeaconBlockRoot, slotNumber, baseFeePerGas } = sealed.header
    expect(block.header).toMatchObject({
      coinbase,
      gasLimit,
      prevRandao,
      parentBeaconBlockRoot,
      slotNumber,
      baseFeePerGas,
    })
    expect(bytesToHex(coinbase)).toBe(RELAYER_ADDRESS.slice(2).toLowerCase())
    expect(parentBeaconBlockRoot).toEqual(l1.chain.head().hash)
    expect(block.transactions).toEqual(sealed.transactions)
  })

  it('leaves claims of messages out', async () => {
    const { l1, l2, deposit } = await start()
    await deposit(FRESH, parseEther('1'))
    await seal(l1)
    await l2.watcher.step()
    expect((await l2.pending.get()).transactions).toEqual([])
    const sealed = await seal(l2)
    expect(sealed.transactions.length).toBeGreaterThan(0)
  })
})

it('debug_executionWitness of an L2 block is what EXECUTE needs', async () => {
  const { l1, l2, rollup, sendL2 } = await start()
  await seal(l1)
  await l2.watcher.step()
  await sendL2(devAccount(3), { to: FRESH, value: 5n })
  const block = await seal(l2)
  const context = { requestId: 'test', signal: new AbortController().signal } as unknown as RpcContext
  const answer = rollup.methods.debug_executionWitness?.call(['latest'], context)
  const { state, codes, headers } = (await answer) as Record<'state' | 'codes' | 'headers', `0x${string}`[]>
  const stored = l2.chain.getBlockByHash(block.hash)
  const blockAccessList = stored?.blockAccessList ?? new Uint8Array(0)
  const { valid } = await verifyStatelessNewPayload(
    {
      schemaId: SCHEMA_ID_AMSTERDAM,
      dialect: 'v21',
      newPayloadRequest: blockToPayloadRequest({ block, blockAccessList, requests: [] }),
      witness: { state: state.map(hexToBytes), codes: codes.map(hexToBytes), headers: headers.map(hexToBytes) },
      chainId: l2.chain.chainId,
    },
    { runBlock: l2.chain.engine.runBlock },
  )
  expect(valid).toBe(true)
})
