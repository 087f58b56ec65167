import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { BlobParams } from './blobSchedule.ts'
import { MAINNET_DEPOSIT_CONTRACT } from './deposits.ts'
import { EXECUTE_ADDRESS_HEX, NATIVE_ROLLUPS_EIP } from './internal.ts'
import { BEACON_ROOTS, HISTORY, REQUEST_CONTRACTS } from './systemCalls.ts'
import type { ForkRules } from './types.ts'

/** Where precompiles live, what EIP-7910 and geth call them, and the EIP that adds each; 0 is Frontier. */
const PRECOMPILES: readonly (readonly [address: number, name: string, eip: number])[] = [
  [0x01, 'ECREC', 0],
  [0x02, 'SHA256', 0],
  [0x03, 'RIPEMD160', 0],
  [0x04, 'ID', 0],
  [0x05, 'MODEXP', 198],
  [0x06, 'BN254_ADD', 196],
  [0x07, 'BN254_MUL', 196],
  [0x08, 'BN254_PAIRING', 197],
  [0x09, 'BLAKE2F', 152],
  [0x0a, 'KZG_POINT_EVALUATION', 4844],
  [0x0b, 'BLS12_G1ADD', 2537],
  [0x0c, 'BLS12_G1MSM', 2537],
  [0x0d, 'BLS12_G2ADD', 2537],
  [0x0e, 'BLS12_G2MSM', 2537],
  [0x0f, 'BLS12_PAIRING_CHECK', 2537],
  [0x10, 'BLS12_MAP_FP_TO_G1', 2537],
  [0x11, 'BLS12_MAP_FP2_TO_G2', 2537],
  [0x100, 'P256VERIFY', 7951],
]

/** Name by request type of the contracts that a block calls after its transactions. */
const REQUEST_CONTRACT_NAMES: Readonly<Record<number, string>> = {
  1: 'WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS',
  2: 'CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS',
  3: 'BUILDER_DEPOSIT_CONTRACT_ADDRESS',
  4: 'BUILDER_EXIT_CONTRACT_ADDRESS',
}

export type ForkRulesRequest = {
  hasEip(eip: number): boolean
  blobs: BlobParams | undefined
  depositContractAddress: string | undefined
  /** this engine runs EXECUTE where its fork is active */
  hasExecute: boolean
}

/** What EIP-7910 reports about one fork. */
export function forkRules({ hasEip, blobs, depositContractAddress, hasExecute }: ForkRulesRequest): ForkRules {
  const precompiles = new Map<string, Uint8Array>()
  for (const [number, name, eip] of PRECOMPILES) {
    if (eip === 0 || hasEip(eip)) precompiles.set(name, hexToBytes(number.toString(16).padStart(40, '0')))
  }
  if (hasExecute && hasEip(NATIVE_ROLLUPS_EIP)) precompiles.set('EXECUTE', hexToBytes(EXECUTE_ADDRESS_HEX))
  const systemContracts = new Map<string, Uint8Array>()
  if (hasEip(4788)) systemContracts.set('BEACON_ROOTS_ADDRESS', BEACON_ROOTS.bytes)
  if (hasEip(2935)) systemContracts.set('HISTORY_STORAGE_ADDRESS', HISTORY.bytes)
  if (hasEip(6110)) {
    const address = depositContractAddress ?? MAINNET_DEPOSIT_CONTRACT
    systemContracts.set('DEPOSIT_CONTRACT_ADDRESS', hexToBytes(address.toLowerCase()))
  }
  for (const { eip, type, address } of REQUEST_CONTRACTS) {
    if (hasEip(eip)) systemContracts.set(REQUEST_CONTRACT_NAMES[type] ?? bytesToHex(address.bytes), address.bytes)
  }
  return {
    ...(blobs === undefined
      ? {}
      : {
          blobs: { target: blobs.target, max: blobs.max, baseFeeUpdateFraction: blobs.blobGasPriceUpdateFraction },
        }),
    precompiles,
    systemContracts: new Map([...systemContracts].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
