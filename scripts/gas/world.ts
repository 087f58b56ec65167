import { decodeEventLog, encodeFunctionData, type Hex, type PrivateKeyAccount, toHex, zeroAddress } from 'viem'
import { createEngines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import type { AccountOverride, InjectedChanges } from '../../execution/types.ts'
import { devAccount, settlerAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { BLOCK_GAS_LIMIT, L2_MESSENGER_ADDRESS } from '../../genesis/parameters.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { silentLogger } from '../../node/logger.ts'
import { createMessageTree, type MessageTree, messageHash } from '../../rollup/messages/messages.ts'
import type { Message } from '../../rollup/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { NO_REQUESTS } from '../../stateless/payload.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import type { Block } from '../../stateless/types.ts'
import { createGasChain, freeExecute, type GasChain, type Sending } from './gasChain.ts'
import type { Usage } from './usage.ts'

const GENESIS_TIME = 1_800_000_000

/** A devnet without nodes: both chains in memory, messages and proofs between them real, EXECUTE free of charge. */
export type World = {
  readonly l1: GasChain
  readonly l2: GasChain
  readonly deployment: RollupDeployment
  readonly user: PrivateKeyAccount
  readonly settler: PrivateKeyAccount
  /** the advance to block 1, 120 KiB; with a finality delay it makes a checkpoint */
  readonly firstAdvance: Usage
  /** L1 messages to L2, and the other way */
  readonly inbox: MessageTree
  readonly outbox: MessageTree
  /** what `advance` takes for the next unsettled L2 block, padded to exactly `size` bytes */
  input(size: number, transactions?: readonly Uint8Array[]): { input: Hex; anchor: bigint; block: Block }
  /** settles every L2 block with small inputs */
  settle(): Promise<{ l2Block: bigint; size: number; accountProof: Hex[]; storageProof: Hex[] }>
  /** the message that the newest block of a side has sent; puts it into the tree */
  accepted(side: 'l1' | 'l2'): Message
  /** sends a message on one side and puts it into the tree */
  send(side: 'l1' | 'l2', label: string, message: MessageRequest): Promise<{ usage: Usage; message: Message }>
}

type Connected = Omit<World, 'firstAdvance'>

export type MessageRequest = { to: Hex; value: bigint; fee?: bigint; gasLimit?: bigint; data?: Hex }

/** How deep proofs of a messenger go: other addresses of the L1 contracts, which any change of them brings, change nothing. */
export type StateSize = {
  /** accounts beside those of the genesis */
  accounts: number
  /** nibbles that the messenger's hashed address shares with one of them */
  shared: number
}

/** @param finalityDelay seconds */
export async function createWorld(size: StateSize, finalityDelay = 0): Promise<World> {
  const engines = await createEngines(silentLogger)
  const genesis = await devnetGenesis(engines, { timestamp: GENESIS_TIME, finalityDelay })
  const [rollup] = genesis.rollups
  if (rollup === undefined) throw new Error('a devnet has a rollup')
  const { deployment } = rollup
  const l1 = await createGasChain({ genesis: genesis.l1, blockTime: 12n, execute: freeExecute(deployment.l2ChainId) })
  const anchors = new Map<bigint, { number: bigint; hash: Hex }>()
  const l2 = await createGasChain({
    genesis: rollup.l2,
    blockTime: 1n,
    anchor() {
      const { number, hash } = l1.head()
      anchors.set(l2.head().number + 1n, { number, hash })
      return hash
    },
  })
  const settler = settlerAccount()
  let settled = 0n

  function input(size: number, transactions: readonly Uint8Array[] = []) {
    const stored = l2.chain.getBlockByNumber(settled + 1n)
    const anchor = anchors.get(settled + 1n)
    if (stored === undefined || anchor === undefined) throw new Error(`L2 has no block ${settled + 1n}`)
    const encoded = padded(stored.block, anchor.hash, BigInt(deployment.l2ChainId), { size, transactions })
    return { input: toHex(encoded), anchor: anchor.number, block: stored.block }
  }

  const world: Connected = {
    l1,
    l2,
    deployment,
    user: devAccount(0),
    settler,
    inbox: createMessageTree(),
    outbox: createMessageTree(),
    input(size, transactions) {
      const made = input(size, transactions)
      settled++
      return made
    },
    async settle() {
      while (settled < l2.head().number) {
        const { input: data, anchor } = world.input(4_096)
        await l1.send('advance', advance(world, data, anchor))
      }
      return { l2Block: settled, size: world.outbox.count, ...l2.proveSlot0(L2_MESSENGER_ADDRESS) }
    },
    async send(side, label, { to, value, fee = 0n, gasLimit = 100_000n, data = '0x' }) {
      const { chain, messenger, abi } = sideOf(world, side)
      const call = encodeFunctionData({ abi, functionName: 'sendMessage', args: [to, fee, gasLimit, data] })
      const usage = await chain.send(label, { from: world.user, to: messenger, data: call, value: value + fee })
      return { usage, message: world.accepted(side) }
    },
    accepted(side) {
      const { chain, messenger, tree, ids } = sideOf(world, side)
      const [receipt] = chain.chain.getBlockByNumber(chain.head().number)?.receipts ?? []
      const log = receipt?.logs.find(({ address }) => toHex(address) === messenger.toLowerCase())
      if (log === undefined) throw new Error('the newest block has no message')
      const topics = log.topics.map((topic) => toHex(topic)) as [Hex, ...Hex[]]
      const { args } = decodeEventLog({ abi: l1Messenger.abi, eventName: 'MessageSent', topics, data: toHex(log.data) })
      tree.append(messageHash(args, BigInt(ids[0]), BigInt(ids[1])))
      return args
    },
  }
  // EIP-2935 and EIP-4788 have entries, the rollup is past its first block, and the accounts are there.
  await l1.empty(crowd(deployment.l1.messenger, size))
  await l2.empty(crowd(L2_MESSENGER_ADDRESS, size))
  const first = world.input(120 * 1_024)
  return { ...world, firstAdvance: await l1.send('the first advance', advance(world, first.input, first.anchor)) }
}

function sideOf({ l1, l2, inbox, outbox, deployment }: Connected, side: 'l1' | 'l2') {
  const ids = [deployment.l1ChainId, deployment.l2ChainId] as const
  return side === 'l1'
    ? ({ chain: l1, messenger: deployment.l1.messenger, tree: inbox, abi: l1Messenger.abi, ids } as const)
    : ({
        chain: l2,
        messenger: L2_MESSENGER_ADDRESS,
        tree: outbox,
        abi: l2Messenger.abi,
        ids: [ids[1], ids[0]],
      } as const)
}

export function advance(world: Connected, input: Hex, anchor: bigint): Sending {
  const data = encodeFunctionData({ abi: nativeRollup.abi, functionName: 'advance', args: [input, anchor] })
  return { from: world.settler, to: world.deployment.l1.rollup, data }
}

function crowd(messenger: Hex, { accounts, shared }: StateSize): InjectedChanges {
  const balance: AccountOverride = { balance: 1n }
  const changes = new Map<string, AccountOverride>()
  for (let index = 0; index < accounts; index++) changes.set(addressNumber(index), balance)
  const path = hashedAddress(messenger.slice(2))
  for (let index = accounts; ; index++) {
    const address = addressNumber(index)
    const other = hashedAddress(address)
    if (!other.startsWith(path.slice(0, shared)) || other[shared] === path[shared]) continue
    return changes.set(address, balance)
  }
}

const addressNumber = (index: number): string => bytesToHex(keccak256(utf8(`account ${index}`))).slice(0, 40)
const hashedAddress = (address: string): string => bytesToHex(keccak256(hexToBytes(address)))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** StatelessInput of a block with a witness of pseudo-random bytes, of which it has as many as the size asks for. */
function padded(
  block: Block,
  anchor: Hex,
  chainId: bigint,
  { size, transactions }: { size: number; transactions: readonly Uint8Array[] },
): Uint8Array {
  const { header } = block
  const encode = (padding: number) =>
    encodeStatelessInput({
      schemaId: 0x1501,
      dialect: 'v21',
      chainId,
      newPayloadRequest: {
        executionPayload: {
          parentHash: header.parentHash,
          feeRecipient: hexToBytes(zeroAddress),
          stateRoot: header.stateRoot,
          receiptsRoot: header.receiptsRoot,
          logsBloom: header.logsBloom,
          prevRandao: header.prevRandao,
          blockNumber: header.number,
          gasLimit: BLOCK_GAS_LIMIT,
          gasUsed: header.gasUsed,
          timestamp: header.timestamp,
          extraData: new Uint8Array(),
          baseFeePerGas: header.baseFeePerGas ?? 0n,
          blockHash: block.hash,
          transactions,
          withdrawals: [],
          blobGasUsed: 0n,
          excessBlobGas: 0n,
          blockAccessList: Uint8Array.of(0xc0),
          slotNumber: header.number,
        },
        versionedHashes: [],
        parentBeaconBlockRoot: hexToBytes(anchor),
        executionRequests: NO_REQUESTS,
      },
      witness: { state: nodes(padding), codes: [], headers: [] },
    })
  const bare = encode(0).length
  if (size < bare) throw new Error(`an input has at least ${bare} bytes`)
  return encode(size - bare)
}

/** Byte strings that take exactly `size` bytes in an SSZ list, offsets of four bytes included. */
function nodes(size: number): Uint8Array[] {
  const count = Math.ceil(size / 1_024)
  return Array.from({ length: count }, (_, index) => {
    const share = Math.floor((size * (index + 1)) / count) - Math.floor((size * index) / count)
    return noise(share - 4)
  })
}

/** The same bytes every time; one in 256 is zero, as in a real witness. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 0x9e3779b9
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
