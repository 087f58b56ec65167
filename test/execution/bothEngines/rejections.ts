import { fromRlp, toRlp } from 'viem'
import { accounts, CHAIN_ID } from '../devChain.ts'
import type { Fork } from './forks.ts'
import { anySender, CODED, type Hex, type Offer, type Scene, type Sender, signBlobs, signPlain } from './scene.ts'

type Rlp = Hex | readonly Rlp[]
type Rule = { rejection: string; sign(scene: Scene, sender: Sender): Promise<Hex> }

const ALL_ONES: Hex = `0x${'ff'.repeat(32)}`
const NOBODY: Hex = `0x${'dd'.repeat(20)}`
/** Where the fields of typed transactions are. */
const FIELD = { nonce: 1, priorityFee: 2, data: 7, blobHashes: 10, s: 11 }

/** A typed transaction with other fields; its signature is then of something else. */
function edited(raw: Hex, changes: Readonly<Record<number, Rlp>>): Hex {
  const items = fromRlp(`0x${raw.slice(4)}`, 'hex') as Rlp[]
  const changed = items.map((item, index) => changes[index] ?? item)
  return `0x${raw.slice(2, 4)}${toRlp(changed as Hex[]).slice(2)}`
}

async function signDelegation({ account, nonce }: Sender): Promise<Hex> {
  const authorization = await CODED.signAuthorization({ contractAddress: NOBODY, chainId: CHAIN_ID, nonce: 9 })
  const fees = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 0n }
  const common = { type: 'eip7702', chainId: CHAIN_ID, nonce, gas: 1_000_000n, to: NOBODY, ...fees } as const
  return account.signTransaction({ ...common, authorizationList: [authorization] })
}

const plain =
  (fields: Parameters<typeof signPlain>[1]): Rule['sign'] =>
  (_, sender) =>
    signPlain(sender, { to: NOBODY, ...fields })

const editedPlain =
  (changes: Readonly<Record<number, Rlp>>): Rule['sign'] =>
  async (_, sender) =>
    edited(await signPlain(sender, { to: NOBODY }), changes)

const editedBlobs =
  (changes: Readonly<Record<number, Rlp>>): Rule['sign'] =>
  async (_, sender) =>
    edited(await signBlobs(sender, {}), changes)

const RULES: readonly Rule[] = [
  { rejection: 'NONCE_TOO_HIGH', sign: (_, sender) => signPlain({ ...sender, nonce: sender.nonce + 5 }, {}) },
  { rejection: 'SENDER_NOT_EOA', sign: () => signPlain({ account: CODED, nonce: 0 }, { to: NOBODY }) },
  { rejection: 'FEE_CAP_TOO_LOW', sign: plain({ maxFeePerGas: 1n, maxPriorityFeePerGas: 0n }) },
  { rejection: 'INSUFFICIENT_FUNDS', sign: plain({ value: 10n ** 30n }) },
  { rejection: 'INTRINSIC_GAS_TOO_LOW', sign: plain({ gas: 14_000n }) },
  { rejection: 'GAS_LIMIT_TOO_HIGH', sign: plain({ gas: 60_000_001n }) },
  { rejection: 'WRONG_CHAIN_ID', sign: plain({ chainId: 1 }) },
  { rejection: 'NONCE_MAX', sign: editedPlain({ [FIELD.nonce]: `0x${'ff'.repeat(8)}` }) },
  { rejection: 'TIP_ABOVE_FEE_CAP', sign: editedPlain({ [FIELD.priorityFee]: `0x${'77'.repeat(16)}` }) },
  { rejection: 'INVALID_SIGNATURE', sign: editedPlain({ [FIELD.s]: ALL_ONES }) },
  { rejection: 'UNDECODABLE', sign: async (_, sender) => `${await signPlain(sender, { to: NOBODY })}00` },
  { rejection: 'TYPE_NOT_SUPPORTED', sign: async (_, sender) => `0x05${(await signPlain(sender, {})).slice(4)}` },
]

const INITCODE: Rule = {
  rejection: 'INITCODE_TOO_LARGE',
  sign: async (_, sender) => edited(await signPlain(sender, {}), { [FIELD.data]: `0x${'00'.repeat(140_000)}` }),
}

const FLOOR: Rule = {
  rejection: 'FLOOR_DATA_GAS_TOO_LOW',
  sign: plain({ gas: 80_000n, data: `0x${'11'.repeat(2000)}` }),
}

const BLOBS: readonly Rule[] = [
  { rejection: 'BLOB_FEE_CAP_TOO_LOW', sign: (_, sender) => signBlobs(sender, { maxFeePerBlobGas: 0n }) },
  { rejection: 'INVALID', sign: editedBlobs({ [FIELD.blobHashes]: [] }) },
  { rejection: 'INVALID', sign: editedBlobs({ [FIELD.blobHashes]: [`0x02${'b1'.repeat(31)}`] }) },
  { rejection: 'INVALID', sign: (_, sender) => signBlobs(sender, { blobs: 30 }) },
]

const DELEGATIONS: readonly Rule[] = [
  { rejection: 'EMPTY_AUTHORIZATION_LIST', sign: async (_, sender) => edited(await signDelegation(sender), { 9: [] }) },
]

const TOO_EARLY = 'TYPE_NOT_SUPPORTED'
const EARLY_BLOBS: Rule = { rejection: TOO_EARLY, sign: (_, sender) => signBlobs(sender, {}) }
const EARLY_DELEGATION: Rule = { rejection: TOO_EARLY, sign: (_, sender) => signDelegation(sender) }

/** The rules that a transaction can break in this fork. */
function rulesOf({ blobTransactions, delegations, initcodeLimit }: Fork): readonly Rule[] {
  return [
    ...RULES,
    ...(initcodeLimit ? [INITCODE] : []),
    ...(blobTransactions ? BLOBS : [EARLY_BLOBS]),
    // Prague has both EIP-7702 and EIP-7623.
    ...(delegations ? [...DELEGATIONS, FLOOR] : [EARLY_DELEGATION]),
  ]
}

/** What `rejected` transactions of a fork are rejected with. */
export const rejectionsOf = (fork: Fork): string[] => rulesOf(fork).map(({ rejection }) => rejection)

/** A transaction that breaks the next rule in turn, and only this one. */
export async function rejected(scene: Scene): Promise<Offer[]> {
  const { rejection, sign } = scene.turn(`rules of ${scene.fork.title}`, rulesOf(scene.fork))
  return [{ kind: 'to be rejected', raw: await sign(scene, anySender(scene)), rejection }]
}

/** A transaction of somebody who has sent one already. */
export async function replayed({ nonces }: Scene): Promise<Offer[]> {
  const index = nonces.findIndex((nonce) => nonce > 0)
  const account = accounts[index]
  if (account === undefined) return []
  const raw = await signPlain({ account, nonce: 0 }, { to: NOBODY })
  return [{ kind: 'to be rejected', raw, rejection: 'NONCE_TOO_LOW' }]
}
