import { DEV_ADDRESSES, DEV_MNEMONIC, DEV_PRIVATE_KEYS } from '../genesis/accounts.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { EXECUTE_ADDRESS } from '../precompiles/address.ts'
import { toQuantity } from '../rpc/hex.ts'
import type { RollupDescriptor } from '../rpc/rollup/identity.ts'
import type { DevnetSummary } from './banner.ts'
import { CLIENT_VERSION } from './version.ts'

const execute: RollupDescriptor['execute'] = { address: EXECUTE_ADDRESS, gasSchedule: 'metered' }

/** What rollup_descriptor answers on a devnet: the banner as data. */
export function devnetDescriptor({ l1Url, rollups, sealing, settling }: DevnetSummary): RollupDescriptor {
  const [first] = rollups
  if (first === undefined) throw new Error('a devnet has a rollup')
  return {
    kind: 'devnet',
    client: CLIENT_VERSION,
    l1: endpoint(first.deployment.l1ChainId, l1Url),
    l2: rollups.map(({ url, deployment }) => rollupEndpoint(url, deployment)),
    execute,
    sealing,
    settling,
    accounts: DEV_ADDRESSES.map((address, index) => ({ address, privateKey: requireKey(index) })),
    mnemonic: DEV_MNEMONIC,
  }
}

/** On a node that runs L2 alone: the URL of L1 may hold a provider's key and is not told. */
export function l2Descriptor(
  url: string,
  deployment: RollupDeployment,
  run: { sealing: string; settling: boolean },
): RollupDescriptor {
  return {
    kind: 'l2',
    client: CLIENT_VERSION,
    l2: [rollupEndpoint(url, deployment)],
    execute,
    sealing: { l2: run.sealing },
    settling: run.settling,
  }
}

function endpoint(chainId: number, http: string) {
  return { chainId: toQuantity(chainId), http, ws: http.replace(/^http/, 'ws') }
}

function rollupEndpoint(url: string, { l2ChainId, l1, l2 }: RollupDeployment) {
  return { ...endpoint(l2ChainId, url), rollup: l1.rollup, messenger: l1.messenger, l2Messenger: l2.messenger }
}

function requireKey(index: number): `0x${string}` {
  const key = DEV_PRIVATE_KEYS[index]
  if (key === undefined) throw new RangeError(`no dev account ${index}`)
  return key
}
