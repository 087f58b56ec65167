import {
  type BuildDepositReturnType,
  buildClaimMessage,
  type ClaimMessageParameters,
  type ClaimWithdrawalParameters,
  claimMessage,
  type DepositParameters,
  type DepositQuote,
  defineNativeRollupChain,
  deposit,
  type ForcedTransaction,
  getL2Head,
  getMessages,
  getWithdrawals,
  InsufficientFeeError,
  type L2Head,
  type MessageClaim,
  type MessageStatus,
  type NativeRollupChain,
  type PublicActionsL1,
  type PublicActionsL2,
  publicActionsL1,
  publicActionsL2,
  type RollupClientError,
  type SentMessage,
  type Settlement,
  type WaitForMessageReturnType,
  type WalletActionsL1,
  type WalletActionsL2,
  type Withdrawal,
  type WithdrawalClaim,
  type WithdrawalStatus,
  waitForMessage,
  walletActionsL1,
  walletActionsL2,
} from 'reenact/viem'
import {
  type Account,
  type Address,
  type Chain,
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  type Hash,
  publicActions,
  type TransactionReceipt,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expectTypeOf, test } from 'vitest'

// What is called here is never run: the compiler is the test. `@ts-expect-error` fails where a line compiles.
const never = () => false
const ETHER = { name: 'Ether', symbol: 'ETH', decimals: 18 } as const
const rpcUrls = { default: { http: ['http://127.0.0.1:8545'] } } as const
const l1Chain = defineChain({ id: 1, name: 'L1', nativeCurrency: ETHER, rpcUrls })
const at = '0x8079000000000000000000000000000000000001'
const l1Contracts = { rollup: at, messenger: at, tokenBridge: at, withdrawalVerifier: at, router: at } as const
const l2Chain = defineNativeRollupChain({
  id: 2,
  name: 'L2',
  rpcUrl: 'http://127.0.0.1:9545',
  sourceId: 1,
  l1: l1Contracts,
})
const transport = custom({ request: async () => undefined })
const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const l1 = createWalletClient({ account, chain: l1Chain, transport })
  .extend(publicActions)
  .extend(publicActionsL1())
  .extend(walletActionsL1())
const l2 = createWalletClient({ account, chain: l2Chain, transport })
  .extend(publicActions)
  .extend(publicActionsL2())
  .extend(walletActionsL2())

test('a rollup is a chain of viem that knows its contracts', () => {
  expectTypeOf(l2Chain).toEqualTypeOf<NativeRollupChain>()
  expectTypeOf(l2Chain).toExtend<Chain>()
  expectTypeOf(l2Chain.sourceId).toEqualTypeOf<number>()
  expectTypeOf(l2Chain.contracts.l2Messenger.address).toEqualTypeOf<Address>()
  // @ts-expect-error a chain without contracts is no rollup
  expectTypeOf(l1Chain).toExtend<NativeRollupChain>()
})

test('the round trip, from end to end without a cast', () => {
  async function roundTrip() {
    const hash = await l1.deposit({ value: 1n, targetChain: l2Chain })
    const l1Receipt = await l1.waitForTransactionReceipt({ hash })
    const arrived = await l2.waitForMessage({ l1Receipt })
    const sent = await l2.initiateWithdrawal({ value: 1n })
    const receipt = await l2.waitForTransactionReceipt({ hash: sent })
    const ready = await l1.waitToClaim({ receipt, targetChain: l2Chain })
    const claim = await l2.buildClaimWithdrawal(ready)
    return { hash, l1Receipt, arrived, sent, ...ready, claim, claimed: await l1.claimWithdrawal(claim) }
  }
  type Trip = Awaited<ReturnType<typeof roundTrip>>
  expectTypeOf<Trip['hash']>().toEqualTypeOf<Hash>()
  expectTypeOf<Trip['arrived']>().toEqualTypeOf<WaitForMessageReturnType>()
  expectTypeOf<Trip['arrived']['l2TransactionHash']>().toEqualTypeOf<Hash>()
  expectTypeOf<Trip['withdrawal']>().toEqualTypeOf<Withdrawal>()
  expectTypeOf<Trip['settlement']>().toEqualTypeOf<Settlement>()
  expectTypeOf<Trip['claim']>().toEqualTypeOf<WithdrawalClaim>()
  expectTypeOf<Trip['claim']>().toExtend<ClaimWithdrawalParameters>()
  expectTypeOf<Trip['claimed']>().toEqualTypeOf<Hash>()
})

test('what is built on one chain is what the other takes', () => {
  async function build() {
    const planned = await l2.buildDeposit({ value: 1n })
    const claim = await l2.buildClaimMessage({ index: 1n })
    return { planned, claim, hashes: [await l1.deposit(planned), await l2.claimMessage(claim)] }
  }
  type Built = Awaited<ReturnType<typeof build>>
  expectTypeOf<Built['planned']>().toEqualTypeOf<BuildDepositReturnType>()
  expectTypeOf<Built['planned']>().toExtend<DepositParameters>()
  expectTypeOf<Built['claim']>().toEqualTypeOf<MessageClaim>()
  expectTypeOf<Built['claim']>().toExtend<ClaimMessageParameters>()
  expectTypeOf<Built['hashes']>().toEqualTypeOf<Hash[]>()
})

test('answers have bigints, hashes and words', () => {
  expectTypeOf(l1.getL2Head).returns.resolves.toEqualTypeOf<L2Head>()
  expectTypeOf(l1.getSettlement).returns.resolves.toEqualTypeOf<Settlement | null>()
  expectTypeOf(l1.getWithdrawalStatus).returns.resolves.toEqualTypeOf<WithdrawalStatus>()
  expectTypeOf(l1.getMessageStatus).returns.resolves.toEqualTypeOf<MessageStatus>()
  expectTypeOf(l1.getForcedTransaction).returns.resolves.toEqualTypeOf<ForcedTransaction>()
  expectTypeOf(l1.estimateDepositGas).returns.resolves.toEqualTypeOf<bigint>()
  expectTypeOf(l2.getMessageStatus).returns.resolves.toEqualTypeOf<MessageStatus>()
  expectTypeOf(l2.quoteDeposit).returns.resolves.toEqualTypeOf<DepositQuote>()
  expectTypeOf<DepositQuote['eta']>().toEqualTypeOf<bigint | undefined>()
  expectTypeOf(l2.getL2TokenAddress).returns.resolves.toEqualTypeOf<Address>()
  expectTypeOf<ForcedTransaction['status']>().toEqualTypeOf<
    'pending' | 'overdue' | 'included' | 'reclaimed' | 'expired'
  >()
})

test('receipts of viem are read as they are', () => {
  expectTypeOf(getMessages).parameter(0).toExtend<object>()
  const read = (receipt: TransactionReceipt) => ({
    messages: getMessages(receipt, { targetChain: l2Chain }),
    withdrawals: getWithdrawals(receipt),
  })
  expectTypeOf(read).returns.toEqualTypeOf<{ messages: SentMessage[]; withdrawals: Withdrawal[] }>()
})

test('wrong use does not compile', () => {
  if (never()) {
    // @ts-expect-error a deposit names its rollup
    l1.deposit({ value: 1n })
    // @ts-expect-error the chain of L1 is no rollup
    l1.deposit({ value: 1n, targetChain: l1Chain })
    // @ts-expect-error wei are bigint
    l1.deposit({ value: 1, targetChain: l2Chain })
    // @ts-expect-error an address is hex
    l1.sendMessage({ to: 'me', targetChain: l2Chain })
    // @ts-expect-error a message is named by its receipt or its index
    l2.waitForMessage({})
    // @ts-expect-error a forced transaction is named by one of the three
    l1.getForcedTransaction({ id: 1n, hash: '0x', targetChain: l2Chain })
    // @ts-expect-error no proof, no claim
    l2.claimMessage({ message: { index: 1n } })
    // @ts-expect-error tokens go with an amount
    l1.depositErc20({ token: at, targetChain: l2Chain })
  }
  expectTypeOf(createWalletClient({ transport })).not.toHaveProperty('deposit')
})

test('each action is a function of its own as well, and takes plain clients', () => {
  const reader = createPublicClient({ chain: l2Chain, transport })
  if (never()) {
    expectTypeOf(getL2Head(l1, { targetChain: l2Chain })).resolves.toEqualTypeOf<L2Head>()
    expectTypeOf(
      deposit(createWalletClient({ transport }), { account, value: 1n, targetChain: l2Chain }),
    ).resolves.toEqualTypeOf<Hash>()
    expectTypeOf(
      waitForMessage(reader, { index: 0n, chain: undefined }),
    ).resolves.toEqualTypeOf<WaitForMessageReturnType>()
    expectTypeOf(buildClaimMessage(reader, { index: 0n })).resolves.toExtend<MessageClaim>()
    expectTypeOf(claimMessage).returns.resolves.toEqualTypeOf<Hash>()
  }
  expectTypeOf<NonNullable<DepositParameters['account']>>().toEqualTypeOf<Account | Address>()
})

test('decorators have names for what they add', () => {
  expectTypeOf(publicActionsL1).returns.returns.toEqualTypeOf<PublicActionsL1>()
  expectTypeOf(publicActionsL2).returns.returns.toEqualTypeOf<PublicActionsL2>()
  expectTypeOf(walletActionsL1).returns.returns.toEqualTypeOf<WalletActionsL1>()
  expectTypeOf(walletActionsL2).returns.returns.toEqualTypeOf<WalletActionsL2>()
})

test('errors are told apart by class and by code', () => {
  const told = (error: unknown) => (error instanceof InsufficientFeeError ? error.needed : undefined)
  expectTypeOf(told).returns.toEqualTypeOf<bigint | undefined>()
  expectTypeOf<InsufficientFeeError['code']>().toEqualTypeOf<'INSUFFICIENT_FEE'>()
  expectTypeOf<InsufficientFeeError>().toExtend<RollupClientError>()
})
