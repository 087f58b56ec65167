import { concatHex, type Hex, numberToHex, pad, size } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { devAccount } from '../../genesis/accounts.ts'
import { ask } from '../../load/ask.ts'
import { type Call, createSender as createSigner } from '../../load/sender.ts'
import { assemble, deployCode } from '../../scripts/fixtures/assembler.ts'
import { bytesToHex } from '../../stateless/bytes.ts'

/** One chain under load. */
export type Target = { name: 'L1' | 'L2'; url: string; chainId: number; heavyGas: bigint }

/** Something that goes on until it is told to stop; `done` counts what it got through. */
export type Load = { name: string; done: number; run(signal: AbortSignal): Promise<void> }

const RECEIPT_POLL_MS = 20

/** Arithmetic, memory and hashing until 30,000 gas are left. */
const SPIN = assemble(`loop:
  PUSH0 MLOAD 3 MUL 7 ADD PUSH0 MSTORE
  64 PUSH0 KECCAK256 32 MSTORE
  30000 GAS GT @loop JUMPI STOP`)

/** As a token's transfer(to = word 0, amount = 1): two balances in a mapping, one event. Balances wrap around. */
const TOKEN = assemble(`
  CALLER PUSH0 MSTORE PUSH0 32 MSTORE
  64 PUSH0 KECCAK256 DUP1 SLOAD 1 SWAP1 SUB SWAP1 SSTORE
  PUSH0 CALLDATALOAD PUSH0 MSTORE
  64 PUSH0 KECCAK256 DUP1 SLOAD 1 ADD SWAP1 SSTORE
  1 PUSH0 MSTORE
  PUSH0 CALLDATALOAD CALLER 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef 32 PUSH0 LOG3 STOP`)

/** Counts up word 0 slots, from slot word 1 on: old slots, once they have been written. */
const SWEEP = assemble(`PUSH0 CALLDATALOAD
  next: DUP1 ISZERO @end JUMPI
    1 SWAP1 SUB
    DUP1 32 CALLDATALOAD ADD DUP1 SLOAD 1 ADD SWAP1 SSTORE
    @next JUMP
  end: STOP`)

/** 24,000 bytes that answer 42; the rest is never reached. */
const LARGE = deployCode(Uint8Array.from(Buffer.from(`602a5f5260205ff3${'fe'.repeat(24_000 - 8)}`, 'hex')))

export type Contracts = { spin: Hex; token: Hex; sweep: Hex }

/** An account of one chain that signs and sends with its own count of nonces. */
export type Sender = {
  readonly account: PrivateKeyAccount
  send(tx: Call): Promise<Hex>
  /** status 1 required */
  mined(hash: Hex): Promise<{ contractAddress: Hex; gasUsed: Hex }>
}

export async function createSender({ url, chainId }: Target, accountIndex: number): Promise<Sender> {
  const account = devAccount(accountIndex)
  const signer = await createSigner({ url, chainId }, account)
  return {
    account,
    async send(tx) {
      const { raw } = await signer.sign(tx)
      return ask<Hex>(url, 'eth_sendRawTransaction', [raw])
    },
    async mined(hash) {
      for (;;) {
        const receipt = await ask<Receipt | null>(url, 'eth_getTransactionReceipt', [hash])
        if (receipt === null) {
          await new Promise((resolve) => setTimeout(resolve, RECEIPT_POLL_MS))
          continue
        }
        if (receipt.status !== '0x1')
          throw new Error(`transaction ${hash} on chain ${chainId} failed, gas used ${BigInt(receipt.gasUsed)}`)
        return receipt
      }
    },
  }
}

type Receipt = { status: Hex; contractAddress: Hex; gasUsed: Hex }

const word = (value: bigint | Hex): Hex => (typeof value === 'bigint' ? numberToHex(value, { size: 32 }) : pad(value))
const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`

export async function deployContracts(sender: Sender): Promise<Contracts> {
  const deploy = async (code: Uint8Array): Promise<Hex> => {
    const receipt = await sender.mined(await sender.send({ data: hex(deployCode(code)), gas: 3_000_000n }))
    return receipt.contractAddress
  }
  return { spin: await deploy(SPIN), token: await deploy(TOKEN), sweep: await deploy(SWEEP) }
}

/** Slots that one transaction of `regularGas` can change when all of them exist: about 12,300 gas each with the loop around it. */
const sweepSize = (regularGas: bigint): bigint => (regularGas - 100_000n) / 12_400n
/** New slots pay state gas; this many in one transaction stay under the gas limit of a block. */
const FRESH_SLOTS = 400n

/** Fills the slots that the sweeps will change. */
export async function fillSlots(sender: Sender, { sweep }: Contracts, target: Target): Promise<void> {
  const slots = sweepSize(target.heavyGas)
  for (let from = 0n; from < slots; from += FRESH_SLOTS) {
    const data = concatHex([word(FRESH_SLOTS), word(from)])
    await sender.mined(await sender.send({ to: sweep, data, gas: 50_000_000n }))
  }
}

/** The heaviest transactions that are legal here: all the gas in computing, and all of it in storage. */
export function heavyTransactions(
  { spin, sweep }: Contracts,
  { heavyGas }: Target,
): { to: Hex; data: Hex; gas: bigint }[] {
  const data = concatHex([word(sweepSize(heavyGas)), word(0n)])
  return [
    { to: spin, data: '0x', gas: heavyGas },
    { to: sweep, data, gas: heavyGas },
  ]
}

/** Sends a number of transactions at once, waits for the last, and begins again. */
function bursts(name: string, sender: Sender, count: number, make: (n: number) => Parameters<Sender['send']>[0]): Load {
  let sent = 0
  const load: Load = {
    name,
    done: 0,
    async run(signal) {
      while (!signal.aborted) {
        const hashes: Hex[] = []
        for (let i = 0; i < count; i++) hashes.push(await sender.send(make(sent++)))
        for (const hash of hashes.slice(-1)) await sender.mined(hash)
        load.done += count
      }
    },
  }
  return load
}

function calls(target: Target, contracts: Contracts): Load {
  const from = devAccount(9).address
  const data = word(from)
  const load: Load = {
    name: `${target.name} eth_call`,
    done: 0,
    async run(signal) {
      for (; !signal.aborted; load.done++) {
        const heavy = load.done % 20 === 0
        const call = heavy
          ? { from, to: contracts.spin, gas: numberToHex(target.heavyGas) }
          : { from, to: contracts.token, data }
        await ask(target.url, 'eth_call', [call, 'latest'])
        if (load.done % 5 === 0) await ask(target.url, 'eth_getBlockByNumber', ['latest', true])
        if (load.done % 50 === 0) await ask(target.url, 'eth_estimateGas', [{ from, to: contracts.token, data }])
      }
    },
  }
  return load
}

/** Everything that goes on at the same time on one chain. `message` sends a deposit or a withdrawal. */
export function loadsOf(
  target: Target,
  contracts: Contracts,
  senders: readonly Sender[],
  message: () => Promise<Hex>,
): Load[] {
  const [transfers, tokens, heavy, messages, deployments] = senders
  if (!transfers || !tokens || !heavy || !messages || !deployments) throw new Error('five senders are needed')
  const spread = (n: number): Hex => pad(numberToHex(0x1000 + (n % 500)), { size: 20 })
  const heavies = heavyTransactions(contracts, target)
  const large = hex(LARGE)
  const messaging: Load = {
    name: `${target.name} ${target.name === 'L1' ? 'deposits' : 'withdrawals'}`,
    done: 0,
    async run(signal) {
      for (; !signal.aborted; messaging.done++) await messages.mined(await message())
    },
  }
  return [
    bursts(`${target.name} transfers`, transfers, 50, (n) => ({ to: spread(n), value: 1n, gas: 300_000n })),
    bursts(`${target.name} token writes`, tokens, 20, (n) => ({
      to: contracts.token,
      data: word(spread(n)),
      gas: 400_000n,
    })),
    bursts(`${target.name} transactions at the limit`, heavy, 1, (n) => heavies[n % heavies.length] ?? { gas: 0n }),
    bursts(`${target.name} deployments of ${size(large)} bytes`, deployments, 1, () => ({
      data: large,
      gas: 40_000_000n,
    })),
    messaging,
    calls(target, contracts),
  ]
}
