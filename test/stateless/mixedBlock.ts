import { type Hex, bytesToHex as toHex } from 'viem'
import {
  BLOCKHASH_CODE,
  type BuiltBlock,
  deployer,
  LOOP_CODE,
  REVERT_CODE,
  STORE_CODE,
  type TestL2,
  words,
} from './l2.ts'

/** Addresses of the four small contracts that `prepare` deploys. */
export type Contracts = { store: Hex; blockhash: Hex; loop: Hex; revert: Hex }

/** Block 1: the contracts. Block 2: 60 storage slots. Block 3: empty, so that BLOCKHASH has something to reach. */
export async function prepare(l2: TestL2): Promise<Contracts> {
  const creations = [STORE_CODE, BLOCKHASH_CODE, LOOP_CODE, REVERT_CODE]
  const { receipts } = await l2.build(
    await Promise.all(creations.map((code, i) => l2.sign(i, { data: deployer(code) }))),
  )
  const [store, blockhash, loop, revert] = receipts.map(({ contractAddress }) => {
    if (contractAddress === undefined) throw new Error('deployment failed')
    return toHex(contractAddress)
  })
  if (store === undefined || blockhash === undefined || loop === undefined || revert === undefined) {
    throw new Error('missing contract')
  }
  const slots: Uint8Array[] = []
  for (let slot = 0; slot < 60; slot++) slots.push(await l2.sign(slot % 10, { to: store, data: words(slot, slot + 1) }))
  await l2.build(slots)
  await l2.build([])
  return { store, blockhash, loop, revert }
}

const freshAddress = (n: number): Hex => `0x${(0xabcdef0000 + n * 7919).toString(16).padStart(40, '1')}`

/** A block of 97 transactions of every kind that an L2 may hold. */
export async function buildMixedBlock(l2: TestL2, contracts: Contracts): Promise<BuiltBlock> {
  const transactions: Uint8Array[] = []
  const add = async (...args: Parameters<TestL2['sign']>) => {
    transactions.push(await l2.sign(...args))
  }
  for (let i = 0; i < 15; i++) await add(i % 10, { to: freshAddress(i), value: BigInt(i + 1) })
  for (let i = 0; i < 10; i++)
    await add(i, { to: `0x${'fe'.repeat(20)}`, value: 1n, gasPrice: 10n ** 10n, type: 'legacy' })
  // clears, changes and new slots in one storage trie
  for (let i = 0; i < 30; i++) await add(i % 10, { to: contracts.store, data: words(i * 2, 0) })
  for (let i = 0; i < 15; i++) await add(i % 10, { to: contracts.store, data: words(i * 2 + 1, 77) })
  for (let i = 0; i < 10; i++) await add(i, { to: contracts.store, data: words(1_000 + i, i + 1) })
  await add(0, { to: contracts.blockhash, data: words(1) })
  await add(1, { to: contracts.blockhash, data: words(0) })
  for (let i = 0; i < 4; i++) await add(i, { to: contracts.revert })
  for (let i = 0; i < 2; i++) await add(i, { to: contracts.loop, gas: 100_000n })
  for (let i = 0; i < 4; i++) await add(i, { data: deployer(`${STORE_CODE}${i.toString(16).padStart(2, '0')}`) })
  const accessList = [{ address: contracts.store, storageKeys: [words(3), words(9_999)] as Hex[] }]
  for (let i = 0; i < 3; i++)
    await add(i, { to: contracts.store, data: words(3, 5), accessList, gasPrice: 10n ** 10n, type: 'eip2930' })
  await add(8, { to: freshAddress(99), authorize: contracts.store, type: 'eip7702' })
  await add(9, { to: freshAddress(15), value: 5n })
  return l2.build(transactions)
}
