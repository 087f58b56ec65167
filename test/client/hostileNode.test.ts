import { defineNativeRollupChain, ExcessiveFeeError, initiateWithdrawal } from 'reenact/viem'
import { createClient, custom, type Hex, numberToHex, parseEther, parseTransaction, zeroAddress } from 'viem'
import { expect, test } from 'vitest'
import { completeMessage } from '../../client/actions/estimateMessage.ts'
import { devAccount } from './clients.ts'

const L1 = 1
const L2 = 28_079
const chain = defineNativeRollupChain({
  id: L2,
  name: 'L2',
  rpcUrl: 'http://127.0.0.1:1',
  sourceId: L1,
  l1: {
    rollup: zeroAddress,
    messenger: zeroAddress,
    tokenBridge: zeroAddress,
    withdrawalVerifier: zeroAddress,
    router: zeroAddress,
  },
})

type Answers = { readonly [method: string]: (params: readonly unknown[]) => unknown }

/** A node of L2 that says whatever it likes. */
function nodeOf(answers: Answers) {
  const request = async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
    const answer = answers[method]
    if (answer === undefined) throw Object.assign(new Error(`no ${method}`), { code: -32601 })
    return answer(params)
  }
  return custom({ request }, { retryCount: 0 })
}

test('a node that calls itself L1 once the call is checked gets nothing that is worth something on L1', async () => {
  let asked = 0
  const sent: Hex[] = []
  const transport = nodeOf({
    eth_chainId: () => numberToHex(asked++ === 0 ? L2 : L1),
    eth_getCode: () => '0x00',
    eth_getBalance: () => numberToHex(parseEther('5')),
    eth_estimateGas: () => numberToHex(100_000),
    eth_gasPrice: () => '0x1',
    eth_maxPriorityFeePerGas: () => '0x1',
    eth_getBlockByNumber: () => ({ baseFeePerGas: '0x1', number: '0x1', timestamp: '0x1', transactions: [] }),
    eth_getTransactionCount: () => '0x0',
    eth_sendRawTransaction: ([serialized]) => {
      sent.push(serialized as Hex)
      return `0x${'11'.repeat(32)}`
    },
  })
  for (const client of [createClient({ chain, transport }), createClient({ transport })]) {
    asked = 0
    await initiateWithdrawal(client as never, { value: parseEther('1'), account: devAccount(), chain })
  }
  expect(sent.map((serialized) => parseTransaction(serialized).chainId)).toEqual([L2, L2])
})

test('a fee beyond reason is paid only by who names it, and plain ETH always gets gas for a contract wallet', async () => {
  const estimate = (relayFee: bigint, relayed: boolean) =>
    createClient({
      transport: nodeOf({
        rollup_estimateDeposit: () => ({
          minGasLimit: '0x1',
          l2GasLimit: '0x1',
          l1Gas: '0x1',
          l1GasPrice: '0x1',
          l1Cost: '0x1',
          relayFee: numberToHex(relayFee),
          relayed,
        }),
      }),
    })
  const call = { from: zeroAddress, to: zeroAddress, value: 0n, data: '0x01' } as const
  const most = parseEther('0.1')
  await expect(completeMessage(chain, call, estimate(most + 1n, false))).rejects.toThrow(ExcessiveFeeError)
  expect(await completeMessage(chain, call, estimate(most, false))).toEqual({ fee: most, l2GasLimit: 1n })
  const named = completeMessage(chain, { ...call, fee: most + 1n }, estimate(most + 1n, true))
  expect(await named).toEqual({ fee: most + 1n, l2GasLimit: 1n })
  const plain = completeMessage(chain, { ...call, data: '0x' }, estimate(0n, true))
  expect(await plain).toEqual({ fee: 0n, l2GasLimit: 100_000n })
})
