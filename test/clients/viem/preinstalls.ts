import { erc20Abi } from 'viem'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { weth9 } from '../../../genesis/generated/WETH9.ts'
import { MULTICALL3_ADDRESS, WETH9_ADDRESS } from '../../../genesis/parameters.ts'
import type { Check } from './tools.ts'

/** They come last: their blocks would push those that other checks look for behind `safe`. */
export const preinstalls: readonly Check[] = [
  {
    name: 'multicall through the contract of the chain definition',
    async run({ client, probe }) {
      expect(client.chain.contracts?.multicall3?.address).toBe(MULTICALL3_ADDRESS)
      const weth = { address: WETH9_ADDRESS, abi: erc20Abi } as const
      const head = await client.getBlockNumber()
      const results = await client.multicall({
        contracts: [
          { ...probe, functionName: 'count' },
          { ...probe, functionName: 'failText' },
          { ...weth, functionName: 'symbol' },
          { ...weth, functionName: 'balanceOf', args: [MULTICALL3_ADDRESS] },
        ],
        blockNumber: head,
      })
      expect(results.map(({ status }) => status)).toEqual(['success', 'failure', 'success', 'success'])
      expect(results.slice(2).map(({ result }) => result)).toEqual(['WETH', 0n])
    },
  },
  {
    name: 'ETH is wrapped and unwrapped',
    async run({ client, mined, as }) {
      const weth = { address: WETH9_ADDRESS, abi: weth9.abi } as const
      const holder = as(7)
      const tokens = () => client.readContract({ ...weth, functionName: 'balanceOf', args: [DEV_ADDRESSES[7]] })
      const before = await tokens()
      await mined(await holder.writeContract({ ...weth, functionName: 'deposit', value: 5n }))
      expect(await tokens()).toBe(before + 5n)
      await mined(await holder.sendTransaction({ to: WETH9_ADDRESS, value: 2n }))
      await mined(await holder.writeContract({ ...weth, functionName: 'withdraw', args: [7n] }))
      expect(await tokens()).toBe(before)
    },
  },
]
