import { formatEther } from 'viem'
import { DEV_ADDRESSES, DEV_MNEMONIC, DEV_PRIVATE_KEYS } from '../genesis/accounts.ts'
import { L1_DEV_BALANCE, L2_DEV_BALANCE } from '../genesis/parameters.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { VERSION } from './version.ts'

/** What a devnet tells at start. Numbers of blocks are heads at start. */
export type DevnetSummary = {
  l1Url: string
  rollups: readonly { url: string; deployment: RollupDeployment; head: bigint }[]
  l1Head: bigint
  l1GenesisHash: string
  fork: string
  /** `fast` or `reference` */
  engine: string
  executeAddress: string
  sealing: { l1: string; l2: string }
  settling: boolean
  /** absent: chains live in memory */
  dataDir?: string
}

/**
 * The banner as plain text, the same on a terminal, in a pipe and in `docker logs`: accounts and keys, URLs, contracts,
 * modes, and three things to try.
 */
export function devnetBanner(summary: DevnetSummary): string {
  const [first] = summary.rollups
  if (first === undefined) throw new Error('a devnet has a rollup')
  const accounts = DEV_ADDRESSES.map((address, index) => `  (${index}) ${address}`)
  const keys = DEV_PRIVATE_KEYS.map((key, index) => `  (${index}) ${key}`)
  return [
    '',
    `reenact ${VERSION}: Ethereum L1 with EXECUTE (EIP-8079) and a native rollup on it`,
    '',
    `Accounts (${formatEther(L1_DEV_BALANCE)} ETH each on L1, ${formatEther(L2_DEV_BALANCE)} ETH each on L2 in a fresh genesis)`,
    ...accounts,
    '',
    'Private keys. Everybody knows these: never send anything of value to them.',
    ...keys,
    `  mnemonic: ${DEV_MNEMONIC}`,
    '',
    'L1',
    `  chain id ${first.deployment.l1ChainId}, fork ${summary.fork}, sealing ${summary.sealing.l1}, engine ${summary.engine}`,
    `  HTTP and WebSocket ${summary.l1Url}`,
    `  EXECUTE             ${summary.executeAddress} (metered: 100,000 + 16 per byte + regular gas of the block)`,
    ...summary.rollups.flatMap((_, index) => rollupLines(summary, index)),
    '',
    summary.dataDir === undefined
      ? `State: in memory, gone when this process ends (--data-dir keeps it); ${stateWords(summary)}`
      : `State: ${summary.dataDir}, ${stateWords(summary)}`,
    '',
    ...thingsToTry(summary.l1Url, first.url, first.deployment),
    '',
  ].join('\n')
}

/** The singletons of L1 are told once, with the first rollup. */
function rollupLines(summary: DevnetSummary, index: number): string[] {
  const { rollups } = summary
  const rollup = rollups[index]
  if (rollup === undefined) return []
  const { url, deployment } = rollup
  return [
    '',
    rollups.length === 1 ? 'L2' : `L2, rollup ${index + 1} of ${rollups.length}`,
    `  chain id ${deployment.l2ChainId}, sealing ${summary.sealing.l2}, ${summary.settling ? 'settling' : 'not settling'}`,
    `  HTTP and WebSocket ${url}`,
    `  NativeRollup (L1)       ${deployment.l1.rollup}`,
    `  L1Messenger (L1)        ${deployment.l1.messenger}`,
    `  L1TokenBridge (L1)      ${deployment.l1.tokenBridge}`,
    ...(index > 0
      ? []
      : [
          `  WithdrawalVerifier (L1) ${deployment.l1.withdrawalVerifier}`,
          `  RollupFactory (L1)      ${deployment.l1.factory}`,
          `  L1Router (L1)           ${deployment.l1.router}`,
        ]),
    `  L2Messenger (L2)        ${deployment.l2.messenger}`,
    `  L2TokenBridge (L2)      ${deployment.l2.tokenBridge}`,
    `  CrossMessenger (L2)     ${deployment.l2.crossMessenger}`,
  ]
}

function stateWords({ l1Head, rollups, l1GenesisHash }: DevnetSummary): string {
  const fresh = l1Head === 0n && rollups.every(({ head }) => head === 0n)
  if (fresh) return `fresh genesis ${l1GenesisHash}`
  return `resumed at L1 #${l1Head}, L2 #${rollups.map(({ head }) => head).join(', #')}`
}

function thingsToTry(l1Url: string, l2Url: string, { l1, l2 }: RollupDeployment): string[] {
  const to = DEV_ADDRESSES[1]
  const key = DEV_PRIVATE_KEYS[1]
  const send = 'sendMessage(address,uint256,uint64,bytes)'
  const proof = `$(cast rpc rollup_getWithdrawalProof $TX --rpc-url ${l2Url} | jq -r '.[0].calldata')`
  return [
    'Try (with cast of Foundry, and jq; any library does the same)',
    `  deposit:  cast send ${l1.messenger} "${send}" ${to} 0 300000 0x --value 1ether --rpc-url ${l1Url} --private-key ${key}`,
    `  withdraw: TX=$(cast send ${l2.messenger} "${send}" ${to} 0 300000 0x --value 0.4ether --rpc-url ${l2Url} --private-key ${key} --json | jq -r .transactionHash)`,
    `  claim:    cast send ${l1.messenger} ${proof} --rpc-url ${l1Url} --private-key ${key}`,
  ]
}

/** The line that scripts wait for. Its form is stable: `ready l1=<url> l2=<url>[,<url>...] in <n> ms`. */
export function readyLine(l1Url: string, l2Urls: readonly string[], elapsedMs: number): string {
  return `ready l1=${l1Url} l2=${l2Urls.join(',')} in ${Math.round(elapsedMs)} ms`
}
