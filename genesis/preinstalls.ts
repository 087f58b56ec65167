import { concatHex } from 'viem'
import type { GenesisAccount, GenesisJson } from '../execution/genesisJson.ts'
import type { Engine } from '../execution/types.ts'
import { multicall3 } from './generated/Multicall3.ts'
import { weth9 } from './generated/WETH9.ts'
import { MULTICALL3_ADDRESS, PERMIT2_ADDRESS, WETH9_ADDRESS } from './parameters.ts'
import { PERMIT2_INIT_CODE, PERMIT2_SALT } from './permit2.ts'
import { startScratchChain } from './scratchChain.ts'
import { CREATE2_FACTORY_ADDRESS } from './systemContracts.ts'

/** Contracts of ours behind interfaces and addresses that wallets and libraries know, on both chains. */
export function preinstalls(): Record<string, GenesisAccount> {
  return {
    [MULTICALL3_ADDRESS]: { balance: '0x0', nonce: '0x1', code: multicall3.runtimeCode },
    [WETH9_ADDRESS]: { balance: '0x0', nonce: '0x1', code: weth9.runtimeCode },
  }
}

/**
 * Permit2 as its deployment through the CREATE2 factory of `genesis` leaves it: its immutables hold the chain id and the
 * EIP-712 domain separator.
 *
 * @param engine of the chain that `genesis` begins
 * @throws Error when the address that comes out is not Permit2's, which means that the init code is not the canonical one
 */
export async function permit2Account(engine: Engine, genesis: GenesisJson): Promise<GenesisAccount> {
  const chain = startScratchChain(engine, genesis)
  await chain.run(CREATE2_FACTORY_ADDRESS, concatHex([PERMIT2_SALT, PERMIT2_INIT_CODE]), 0n)
  const account = chain.alloc()[PERMIT2_ADDRESS]
  if (account === undefined) throw new Error(`genesis: Permit2 did not come out at ${PERMIT2_ADDRESS}`)
  return account
}
