import { createWalletClient, http, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { l1Methods } from '../../bin/l1.ts'
import { DEV_ADDRESSES, RELAYER_ADDRESS, SETTLER_ADDRESS } from '../../genesis/accounts.ts'
import { systemClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import type { RpcContext } from '../../rpc/types.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'

describe('dev accounts of the devnet', () => {
  let devnet: TestDevnet
  beforeAll(async () => {
    devnet = await startTestDevnet()
  })
  afterAll(() => devnet.close())

  it.each(['l1Url', 'l2Url'] as const)('are listed and send without a key of the caller (%s)', async (url) => {
    const wallet = createWalletClient({ transport: http(devnet[url]) })
    const addresses = await wallet.getAddresses()
    expect(addresses).toEqual([...DEV_ADDRESSES])
    expect(addresses).not.toContain(SETTLER_ADDRESS)
    expect(addresses).not.toContain(RELAYER_ADDRESS)
    const hash = await wallet.sendTransaction({
      account: DEV_ADDRESSES[2],
      to: FRESH,
      value: parseEther('1'),
      chain: null,
    })
    const chain = url === 'l1Url' ? devnet.l1.chain : devnet.rollup.node.chain
    const location = chain.getTransactionLocation(new Uint8Array(Buffer.from(hash.slice(2), 'hex')))
    expect(location).toMatchObject({ index: expect.any(Number) })
  })

  it('are of no use to a node that serves no devnet', async () => {
    const deps = { clock: systemClock, logger: silentLogger, devnet: false }
    const context = { requestId: 'test', signal: new AbortController().signal } as unknown as RpcContext
    const methods = l1Methods(devnet.l1, deps)
    expect(methods.eth_accounts?.call([], context)).toEqual([])
    expect(methods.debug_setHead).toBeUndefined()
    await expect(methods.eth_sign?.call([DEV_ADDRESSES[0], '0x01'], context)).rejects.toMatchObject({ code: 'NO_KEYS' })
  })
})
