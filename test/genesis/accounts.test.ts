import { mnemonicToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import * as accounts from '../../genesis/accounts.ts'

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

  it('include settler 100 and relayer 101, who are none of the ten', () => {
    expect(accounts.SETTLER_PRIVATE_KEY).toBe(derive(100).key)
    expect(accounts.SETTLER_ADDRESS).toBe(derive(100).address)
    expect(accounts.RELAYER_PRIVATE_KEY).toBe(derive(101).key)
    expect(accounts.RELAYER_ADDRESS).toBe(derive(101).address)
    expect(accounts.DEPLOYER_PRIVATE_KEY).toBe(derive(102).key)
    expect(accounts.DEV_ADDRESSES).toHaveLength(10)
  })
})
