import type { PrivateKeyAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createImpersonation } from '../../node/impersonation.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { account, CHAIN_ID, GWEI, signed } from '../node/support/devChain.ts'
import { type DevToolsNode, startDevToolsNode } from './devToolsNode.ts'
import { call, result } from './support.ts'

const [alice, bob, carol] = [account(0), account(1), account(2)]
const STRANGER = `0x${'5a'.repeat(20)}`

let node: DevToolsNode
beforeEach(async () => {
  node = await startDevToolsNode({ sealMode: { kind: 'manual' } })
})
afterEach(() => node.close())

/** A transaction of type 4 with the authorization of somebody else. */
async function delegation(from: PrivateKeyAccount, of: PrivateKeyAccount) {
  const address = `0x${'11'.repeat(20)}` as const
  const serialized = await from.signTransaction({
    type: 'eip7702',
    chainId: CHAIN_ID,
    nonce: 0,
    to: from.address,
    gas: 400_000n,
    maxFeePerGas: 100n * GWEI,
    maxPriorityFeePerGas: GWEI,
    authorizationList: [await of.signAuthorization({ chainId: CHAIN_ID, address, nonce: 0 })],
  })
  return hexToBytes(serialized)
}

describe('who has signed an authorization that waits has one transaction at a time', () => {
  const expectOneInFlight = async (from: PrivateKeyAccount) => {
    const second = node.pool.add(await signed(from, { nonce: 1 }))
    await expect(second).rejects.toMatchObject({ code: 'IN_FLIGHT_LIMIT' })
  }

  it('before and after evm_revert', async () => {
    const tx = await node.pool.add(await delegation(alice, bob))
    await node.pool.add(await signed(bob, { nonce: 0 }))
    await expectOneInFlight(bob)
    expect(await result(node.server, 'evm_revert', [await result(node.server, 'evm_snapshot')])).toBe(true)
    expect(node.pool.get(tx.hash)).toBeDefined()
    expect(node.pool.status()).toEqual({ pending: 2, queued: 0 })
    await expectOneInFlight(bob)
  })

  it('also when the sender of the authorization is impersonated', async () => {
    const sent = node.chain.engine.decodeTransaction(await delegation(alice, carol), node.chain.head().header)
    const tx = await createImpersonation(node).send(sent)
    expect(node.pool.get(tx.hash)).toMatchObject({ impersonated: true, type: 4 })
    await node.pool.add(await signed(carol, { nonce: 0 }))
    await expectOneInFlight(carol)
  })
})

describe('a balance set by hand', () => {
  const most = (1n << 256n) - 1n

  it('may be all that an account can hold, and no more after adding to it', async () => {
    const { error } = await call(node.server, 'anvil_setBalance', [STRANGER, `0x1${'0'.repeat(64)}`])
    expect(error).toMatchObject({ code: -32602 })
    await result(node.server, 'anvil_setBalance', [STRANGER, `0x${most.toString(16)}`])
    expect(await result(node.server, 'eth_getBalance', [STRANGER, 'latest'])).toBe(`0x${most.toString(16)}`)
    expect((await call(node.server, 'anvil_addBalance', [STRANGER, '0x1'])).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('the balance would be above 2^256'),
    })
    expect(await result(node.server, 'eth_getBalance', [STRANGER, 'latest'])).toBe(`0x${most.toString(16)}`)
  })
})
