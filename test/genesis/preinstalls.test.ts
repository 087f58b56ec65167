import {
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  parseAbi,
  parseAbiParameters,
  toHex,
} from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEngines, type Engines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import type { Engine } from '../../execution/types.ts'
import { bareL1Genesis } from '../../genesis/l1Genesis.ts'
import { MULTICALL3_ADDRESS, PERMIT2_ADDRESS, WETH9_ADDRESS } from '../../genesis/parameters.ts'
import { permit2Account } from '../../genesis/preinstalls.ts'
import type { DevnetGenesis } from '../../genesis/types.ts'
import { silentLogger } from '../../node/logger.ts'
import { createStateView } from '../../stateless/stateView.ts'

const abi = parseAbi([
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function getChainId() view returns (uint256)',
])

describe('preinstalls', () => {
  let engines: Engines
  let plain: DevnetGenesis
  let withPermit2: DevnetGenesis

  beforeAll(async () => {
    engines = await createEngines(silentLogger)
    const options = { timestamp: 1_700_000_000, finalityDelay: 0 }
    plain = await devnetGenesis(engines, options)
    withPermit2 = await devnetGenesis(engines, { ...options, rollups: 2, permit2: true })
  })

  const l2Of = (genesis: DevnetGenesis, index = 0): GenesisJson => genesis.rollups[index]?.l2 ?? expect.fail()
  const chains = (genesis: DevnetGenesis): [GenesisJson, Engine][] => [
    [genesis.l1, engines.l1(genesis.l1)],
    ...genesis.rollups.map(({ l2 }): [GenesisJson, Engine] => [l2, engines.l2(l2)]),
  ]

  async function read(
    [json, engine]: [GenesisJson, Engine],
    to: Hex,
    functionName: 'DOMAIN_SEPARATOR' | 'getChainId',
  ): Promise<unknown> {
    const { block, changes, commit } = genesisBlock(json, engine)
    const state = createStateView(
      { getNode: (hash) => commit.nodes.get(hash), getCode: (hash) => changes.codes.get(hash) },
      commit.root,
    )
    const bytes = (hex: Hex) => Buffer.from(hex.slice(2), 'hex')
    const answer = await engine.call(
      { to: bytes(to), data: bytes(encodeFunctionData({ abi, functionName })) },
      { header: block.header, state, blockHash: () => undefined },
    )
    if (answer.status !== 'success') throw new Error(`call failed: ${answer.status}`)
    return decodeFunctionResult({ abi, functionName, data: `0x${Buffer.from(answer.output).toString('hex')}` })
  }

  it('Multicall3 and WETH9 are on both chains, with the same code', () => {
    for (const address of [MULTICALL3_ADDRESS, WETH9_ADDRESS]) {
      expect(plain.l1.alloc[address]?.code).toMatch(/^0x[0-9a-f]{1000}/)
      expect(l2Of(plain).alloc[address]).toEqual(plain.l1.alloc[address])
    }
  })

  it('Multicall3 answers on both chains', async () => {
    const ids = await Promise.all(chains(plain).map((chain) => read(chain, MULTICALL3_ADDRESS, 'getChainId')))
    expect(ids).toEqual([18_079n, 28_079n])
  })

  it('Permit2 is there only when it is asked for, and changes the L2 genesis', () => {
    for (const [{ alloc }] of chains(plain)) expect(alloc[PERMIT2_ADDRESS]).toBeUndefined()
    for (const [{ alloc }] of chains(withPermit2)) expect(alloc[PERMIT2_ADDRESS]?.code).toBeDefined()
    const hashes = [plain, withPermit2].map(({ rollups }) => rollups[0]?.deployment.l2GenesisHash)
    expect(hashes[0]).not.toBe(hashes[1])
  })

  it('the domain separator of Permit2 is that of its chain, at its address', async () => {
    for (const chain of chains(withPermit2)) {
      const typeHash = keccak256(toHex('EIP712Domain(string name,uint256 chainId,address verifyingContract)'))
      const separator = encodeAbiParameters(parseAbiParameters('bytes32, bytes32, uint256, address'), [
        typeHash,
        keccak256(toHex('Permit2')),
        BigInt(chain[0].config.chainId),
        PERMIT2_ADDRESS,
      ])
      expect(await read(chain, PERMIT2_ADDRESS, 'DOMAIN_SEPARATOR')).toBe(keccak256(separator))
    }
  })

  it('the code of Permit2 is the canonical one but for its two immutables', () => {
    const codes = chains(withPermit2).map(([{ alloc }]) => alloc[PERMIT2_ADDRESS]?.code ?? '0x')
    const differing = (a: string, b: string) => [...a].filter((digit, at) => digit !== b[at]).length
    for (const code of codes) expect(code).toHaveLength(2 + 2 * 9_152)
    // two chain ids (3 digits at most) and two separators (64 digits)
    expect(differing(codes[0] ?? '', codes[1] ?? '')).toBeLessThanOrEqual(2 * (64 + 8))
    expect(new Set(codes.map((code) => keccak256(code as Hex))).size).toBe(3)
  })

  it('other init code does not pass for Permit2', async () => {
    const l1 = bareL1Genesis(1)
    const halved = { ...l1, alloc: { ...l1.alloc } }
    delete halved.alloc['0x4e59b44847b379578588920ca78fbf26c0b4956c']
    await expect(permit2Account(engines.l1(halved), halved)).rejects.toThrow('Permit2 did not come out at')
  })
})
