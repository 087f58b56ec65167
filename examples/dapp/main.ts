// A dapp on a native rollup: connect a wallet, deposit, withdraw, claim. Start `npx reenact`, then `npm run dev`.
import { l2MessengerAbi } from 'reenact/abi'
import * as rollup from 'reenact/viem'
import * as viem from 'viem'
import { amount, button, find, listWallets, say } from './page.ts'

const url = new URLSearchParams(location.search).get('rpc') ?? 'http://127.0.0.1:8545'
const { l1: l1Chain, l2: targetChain } = await rollup.getDevnetChains(url)
const l1 = viem
  .createPublicClient({ chain: l1Chain, transport: viem.http(), pollingInterval: 1_000 })
  .extend(rollup.publicActionsL1())
const l2 = viem
  .createPublicClient({ chain: targetChain, transport: viem.http(), pollingInterval: 1_000 })
  .extend(rollup.publicActionsL2())

/** The account of a wallet on both chains. */
function openWallet(provider: viem.EIP1193Provider, account: viem.Address) {
  const transport = viem.custom(provider)
  return {
    account,
    l1: viem.createWalletClient({ account, chain: l1Chain, transport }).extend(rollup.walletActionsL1()),
    l2: viem.createWalletClient({ account, chain: targetChain, transport }).extend(rollup.walletActionsL2()),
  }
}
type Wallet = ReturnType<typeof openWallet>

/** Asks the wallet for a chain, and tells it of the chain first if need be. */
async function switchTo({ addChain, chain, switchChain }: Wallet['l1'] | Wallet['l2']): Promise<void> {
  await switchChain(chain).catch(async (error) => {
    if (error.code !== viem.SwitchChainError.code) throw error
    await addChain({ chain })
    await switchChain(chain)
  })
}

async function deposit(wallet: Wallet): Promise<string> {
  await switchTo(wallet.l1)
  const hash = await wallet.l1.deposit({ value: amount(), targetChain })
  say('Waiting for the deposit on L2 ...')
  await l2.waitForMessage({ l1Receipt: await l1.waitForTransactionReceipt({ hash }) })
  return 'The deposit is on L2.'
}

async function withdraw(wallet: Wallet): Promise<string> {
  await switchTo(wallet.l2)
  const hash = await wallet.l2.initiateWithdrawal({ value: amount() })
  await l2.waitForTransactionReceipt({ hash })
  showWithdrawal(wallet, hash)
  return 'The withdrawal can be claimed on L1 as soon as its block is settled.'
}

async function claim(wallet: Wallet, hash: viem.Hash): Promise<string> {
  const ready = await l1.waitToClaim({ receipt: await l2.getTransactionReceipt({ hash }), targetChain })
  await switchTo(wallet.l1)
  const claimed = await wallet.l1.claimWithdrawal(await l2.buildClaimWithdrawal(ready))
  await l1.waitForTransactionReceipt({ hash: claimed })
  return 'The withdrawal is paid out on L1.'
}

/** A line of the list: where a withdrawal stands, and a button once it can be claimed. */
function showWithdrawal(wallet: Wallet, hash: viem.Hash): void {
  const status = document.createElement('output')
  const claiming = button('Claim', () => claim(wallet, hash))
  claiming.hidden = true
  const item = document.createElement('li')
  item.append(status, ' ', claiming)
  find('withdrawals', HTMLElement).prepend(item)
  const timer = setInterval(async () => {
    const receipt = await l2.getTransactionReceipt({ hash })
    const now = await l1.getWithdrawalStatus({ receipt, targetChain })
    status.value = `${viem.formatEther(rollup.getWithdrawals(receipt)[0]?.value ?? 0n)} ETH: ${now}`
    claiming.hidden = now !== 'ready-to-claim'
    if (now === 'claimed' || !item.isConnected) clearInterval(timer)
  }, 1_000)
}

async function connect(provider: viem.EIP1193Provider): Promise<string> {
  const [account = viem.zeroAddress] = await provider.request({ method: 'eth_requestAccounts' })
  const wallet = openWallet(provider, account)
  const actions = [button('Deposit', () => deposit(wallet)), button('Withdraw', () => withdraw(wallet))]
  find('actions', HTMLElement).replaceChildren(...actions)
  find('withdrawals', HTMLElement).replaceChildren()
  find('bridge', HTMLElement).hidden = false
  // Withdrawals are found on L2, so that none is lost with the page.
  const { address } = targetChain.contracts.l2Messenger
  const query = { abi: l2MessengerAbi, eventName: 'MessageSent', args: { sender: account } } as const
  for (const { transactionHash } of await l2.getContractEvents({ ...query, address, fromBlock: 0n })) {
    showWithdrawal(wallet, transactionHash)
  }
  return `Connected as ${account}.`
}

listWallets(connect)
