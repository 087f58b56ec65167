import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { http, parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { beforeEach, describe, expect, it } from 'vitest'
import { createEngines } from '../../bin/engines.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import { devAccount, SETTLER_ADDRESSES, settlerOfChain } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { FIRST_L2_CHAIN_ID, L1_CHAIN_ID } from '../../genesis/parameters.ts'
import { silentLogger } from '../../node/logger.ts'
import { createRollup, type NewRollup, planRollup } from '../../rollup/createRollup.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { type Client, claimable, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { type Running, workshop } from './lives.ts'
import { type NodeProcess, runToEnd } from './process.ts'

const someone = '0x00000000000000000000000000000000005e7be5'

type Created = {
  l2ChainId: number
  rollup: `0x${string}`
  messenger: `0x${string}`
  sequencer: `0x${string}`
  genesisFile: string
  genesisHash: string
  backing: string
  gasUsed: string
  transaction: `0x${string}`
  command: string
}

/** `reenact rollup create` on a running devnet, and `reenact l2` with what it printed, as processes. */
describe('a further rollup on a running L1', () => {
  const { newFolder, run, spawn } = workshop()
  let devnet: Running
  let cwd: string
  beforeEach(async () => {
    cwd = await newFolder()
    devnet = await run(await newFolder())
  })

  const create = (argv: string[], env: Record<string, string> = {}) =>
    runToEnd(['rollup', 'create', '--l1', devnet.devnet.l1Url, ...argv], undefined, { cwd, env })
  async function created(...argv: string[]): Promise<Created> {
    const { exit, output, errors } = await create([...argv, '--json'])
    expect(errors).toBe('')
    expect(exit).toBe(0)
    return JSON.parse(output)
  }
  /** runs the very line that was printed, on a free port */
  async function start({ command, l2ChainId }: Created): Promise<{ node: NodeProcess; l2: Client }> {
    const argv = command.split(' ').slice(1)
    const node = spawn([...argv, '--port', '0'], { cwd })
    const [, url = ''] = /^ready l2=(\S+)/.exec(await node.line('ready ')) ?? []
    return { node, l2: clientFor(url, l2ChainId, 1) }
  }

  it('is created in one transaction, runs, takes a deposit, settles and pays a withdrawal, beside the first', async () => {
    const facts = await created()
    expect(facts).toMatchObject({
      l2ChainId: FIRST_L2_CHAIN_ID + 1,
      genesisFile: `rollup-${FIRST_L2_CHAIN_ID + 1}.json`,
    })
    expect(facts.sequencer).toBe(SETTLER_ADDRESSES[1])
    const { l1 } = devnet
    const sent = await l1.reader.getTransaction({ hash: facts.transaction })
    expect(sent.gas).toBeLessThanOrEqual(60_000_000n)
    expect(await l1.reader.getBalance({ address: facts.messenger })).toBe(parseEther('110'))
    expect(await l1.reader.getBalance({ address: facts.sequencer })).toBe(parseEther('10'))

    const { l2 } = await start(facts)
    const { contracts } = await rpc<{ contracts: typeof devnet.devnet.deployment }>(l2, 'rollup_config', [])
    const deployment = { ...devnet.devnet.deployment, ...contracts }
    expect(deployment.l1.messenger.toLowerCase()).toBe(facts.messenger.toLowerCase())
    const held = await l2.reader.getBalance({ address: l2.account.address })
    expect(held).toBe(parseEther('10'))
    await deposit(l1, deployment, someone, 5n)
    await until('the deposit', async () =>
      (await l2.reader.getBalance({ address: someone })) === 5n ? true : undefined,
    )
    // the devnet's own rollup goes on settling with its own key
    await deposit(l1, devnet.devnet.deployment, someone, 7n)
    const [mine, theirs] = await Promise.all([
      withdraw(l2, deployment, someone, parseEther('1')).then((hash) => claimable(l2, hash)),
      withdraw(devnet.l2, devnet.devnet.deployment, someone, parseEther('2')).then((hash) =>
        claimable(devnet.l2, hash),
      ),
    ])
    for (const { to, calldata } of [mine, theirs]) {
      await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
    }
    expect(await l1.reader.getBalance({ address: someone })).toBe(parseEther('3'))
    expect(await l1.reader.getBalance({ address: facts.messenger })).toBe(parseEther('109') + 5n)
    const sequencer = { address: facts.rollup, abi: nativeRollup.abi, functionName: 'sequencer' } as const
    expect(await l1.reader.readContract(sequencer)).toBe(facts.sequencer)
  })

  it('takes the next free chain id, or the one asked for; its balances are backed exactly', async () => {
    const first = await created('--balance', '0.5')
    const second = await created('--balance', '2')
    const named = await created('--chain-id', '777', '--balance', '1', '--out', 'mine.json', '--sequencer', someone)
    expect([first, second, named].map(({ l2ChainId }) => l2ChainId)).toEqual([28_080, 28_081, 777])
    expect(named).toMatchObject({ genesisFile: 'mine.json', sequencer: someone })
    for (const [facts, backing] of [
      [first, '5.5'],
      [second, '22'],
      [named, '11'],
    ] as const) {
      const wei = parseEther(backing)
      expect(facts.backing).toBe(wei.toString())
      const contract = { address: facts.messenger, abi: l1Messenger.abi } as const
      expect(await devnet.l1.reader.readContract({ ...contract, functionName: 'BACKING' })).toBe(wei)
      expect(await devnet.l1.reader.getBalance({ address: facts.messenger })).toBe(wei)
      const genesis = JSON.parse(readFileSync(join(cwd, facts.genesisFile), 'utf8'))
      expect(genesis.config.chainId).toBe(facts.l2ChainId)
    }
    // a settler that was named gets nothing
    expect(await devnet.l1.reader.getBalance({ address: someone })).toBe(0n)
    expect(await devnet.l1.reader.getBalance({ address: settlerOfChain(28_081).address })).toBe(parseEther('10'))
  })

  it('goes to the first of two who want the same chain id; the other is told why', async () => {
    const { spec } = await createEngines(silentLogger)
    const l1 = createL1Client(http(devnet.devnet.l1Url))
    const wanted = (index: number): NewRollup => ({
      account: devAccount(index),
      chainId: 900,
      sequencer: () => someone,
      balances: () => ({ [someone]: 1n }),
      finalityDelay: 0,
    })
    const plan = (index: number) => planRollup(l1, wanted(index), (json) => genesisBlock(json, spec(json)).block)
    const [first, second] = [await plan(2), await plan(3)]
    const { deployment } = await createRollup(l1, devAccount(2), first)
    expect(deployment.l2ChainId).toBe(900)
    await expect(createRollup(l1, devAccount(3), second)).rejects.toMatchObject({
      code: 'CANNOT_CREATE',
      message: expect.stringMatching(/^L1 refused the creation in transaction 0x\w+: RollupFactory_ChainIdTaken$/),
    })
  })

  it('is refused with one line, and neither sends nor leaves a file', async () => {
    writeFileSync(join(cwd, 'taken.json'), 'mine')
    const before = await devnet.l1.reader.getBlockNumber()
    const poor = generatePrivateKey()
    const cases: [string[], Record<string, string>, number, RegExp][] = [
      [['--chain-id', String(FIRST_L2_CHAIN_ID)], {}, 1, /chain id 28079 is taken on this L1/],
      [['--chain-id', String(L1_CHAIN_ID)], {}, 1, /is that of L1/],
      [['--balance', '5000'], {}, 1, /ETH on L1, creating the rollup takes 55000.*--balance/],
      [[], { REENACT_KEY: poor }, 1, new RegExp(`${privateKeyToAddress(poor)} has 0 ETH on L1`)],
      [[], { REENACT_KEY: `0x${'00'.repeat(32)}` }, 2, /REENACT_KEY is not a private key/],
      [['--out', 'taken.json'], {}, 2, /cannot write taken.json: it is there already/],
      [['--out', 'no/such/folder.json'], {}, 2, /cannot write .*ENOENT/],
      [['--sequencer', '0x12'], {}, 2, /--sequencer .*must be an address/],
      [['--balance', '1e3'], {}, 2, /--balance .*must be an amount of ETH/],
    ]
    for (const [argv, env, exit, said] of cases) {
      const result = await create(argv, env)
      expect(result.errors).toMatch(said)
      expect(result.errors.trim().split('\n')).toHaveLength(1)
      expect(result.exit).toBe(exit)
      expect(result.output).toBe('')
    }
    expect((await runToEnd(['rollup', 'destroy', '--l1', devnet.devnet.l1Url])).errors).toContain(
      'takes create, not destroy',
    )
    const toL2 = await runToEnd(['rollup', 'create', '--l1', devnet.devnet.l2Url], undefined, {
      env: { REENACT_KEY: poor },
    })
    expect(toL2.errors).toMatch(/no RollupFactory of this version at 0x/)
    expect(readFileSync(join(cwd, 'taken.json'), 'utf8')).toBe('mine')
    expect(await devnet.l1.reader.getBlockNumber()).toBe(before)
  })
})
