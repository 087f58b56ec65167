import { mnemonicToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import * as accounts from '../../genesis/accounts.ts'
import { FIRST_L2_CHAIN_ID, MAX_DEVNET_ROLLUPS } from '../../genesis/parameters.ts'

const derive = (index: number) => {
  const account = mnemonicToAccount(accounts.DEV_MNEMONIC, { addressIndex: index })
  const key = account.getHdKey().privateKey
  if (key === null) throw new Error('no key')
  return { address: account.address, key: `0x${Buffer.from(key).toString('hex')}` }
}

describe('dev accounts', () => {
  it('are the children of the public mnemonic', () => {
    for (const index of accounts.DEV_PRIVATE_KEYS.keys()) {
      expect(accounts.DEV_PRIVATE_KEYS[index]).toBe(derive(index).key)
      expect(accounts.DEV_ADDRESSES[index]).toBe(derive(index).address)
    }
  })

  it('include a settler for each rollup and relayer 101, who are none of the ten', () => {
    expect(accounts.SETTLER_PRIVATE_KEYS).toHaveLength(MAX_DEVNET_ROLLUPS)
    for (const rollup of accounts.SETTLER_PRIVATE_KEYS.keys()) {
      const { key, address } = derive(100 + 10 * rollup)
      expect(accounts.SETTLER_PRIVATE_KEYS[rollup]).toBe(key)
      expect(accounts.SETTLER_ADDRESSES[rollup]).toBe(address)
      expect(accounts.settlerAccount(rollup).address).toBe(address)
    }
    expect(accounts.settlerOfChain(FIRST_L2_CHAIN_ID + 3).address).toBe(accounts.SETTLER_ADDRESSES[3])
    expect(new Set([1, 2, FIRST_L2_CHAIN_ID + 16].map((id) => accounts.settlerOfChain(id).address)).size).toBe(3)
    expect(() => accounts.settlerAccount(MAX_DEVNET_ROLLUPS)).toThrow(RangeError)
    expect(accounts.RELAYER_PRIVATE_KEY).toBe(derive(101).key)
    expect(accounts.RELAYER_ADDRESS).toBe(derive(101).address)
    expect(accounts.DEPLOYER_PRIVATE_KEY).toBe(derive(102).key)
    expect(accounts.DEPLOYER_ADDRESS).toBe(derive(102).address)
    expect(accounts.DEV_ADDRESSES).toHaveLength(10)
  })
})
