/**
 * The functions under everything else, each beside what stock EthereumJS does in its place: noble, @ethereumjs/rlp, mpt, and the
 * library's own precompiles. `npm run bench -- functions` prints calls per second by median time, and the ratio; half a minute.
 */
import { createBlockHeader } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { createEVM, getActivePrecompiles } from '@ethereumjs/evm'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { Bloom } from '@ethereumjs/vm'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { Bench } from 'tinybench'
import { createCrypto } from '../execution/crypto.ts'
import { logsBloom } from '../execution/logsBloom.ts'
import { replacePrecompiles } from '../execution/precompiles.ts'
import { bytesToBigint } from '../stateless/bytes.ts'
import { decodeHeader, encodeHeader, hashHeader } from '../stateless/header.ts'
import { setKeccak256 } from '../stateless/keccak.ts'
import { merkleize } from '../stateless/merkle.ts'
import { decodeRlpList, encodeRlp } from '../stateless/rlp.ts'
import { createTrie, EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import { noteFigure } from './support/limits.ts'
import { precompileCases } from './support/precompileInputs.ts'
import { silentLogger } from './support/silentLogger.ts'

type Pair = { name: string; ours: () => unknown; stock: () => unknown }

const TIME_MS = 300
const WARM_UP_MS = 100
/** Of what is so slow that the time is over before: a pairing in JavaScript takes 50 ms. */
const ITERATIONS = 8
/** Precompiles that are compared: the library's own against ours, through the same call. */
const PRECOMPILES = [
  'bn254 add',
  'bn254 mul',
  'bn254 pairing, 2',
  'bls g1 add',
  'bls g1 msm, 4',
  'bls g2 msm, 4',
  'bls pairing, 2',
  'p256verify',
]

const crypto = await createCrypto({ logger: silentLogger }, { recoveryThreads: 0, paths: 'fast' })
setKeccak256(crypto.keccak256)

const filled = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7)
/** Another key each time, so that no memo answers. */
function counting(length: number): () => Uint8Array {
  const bytes = filled(length)
  const view = new DataView(bytes.buffer)
  let count = 0
  return () => {
    view.setUint32(0, count++)
    return bytes
  }
}

function hashes(): Pair[] {
  return [
    ...[32, 136, 532, 1024].map((length): Pair => {
      const input = filled(length)
      const name = `keccak256, ${length} bytes`
      return { name, ours: () => crypto.keccak256(input), stock: () => keccak_256(input) }
    }),
    { name: 'sha256, 64 bytes', ours: () => crypto.sha256(filled64), stock: () => sha256(filled64) },
    { name: 'merkleization of 1 MiB', ours: () => merkleize(mebibyte, 15), stock: () => merkleizePlainly(mebibyte) },
  ]
}

const filled64 = filled(64)
const mebibyte = filled(1 << 20)

/** Pair by pair with noble. */
function merkleizePlainly(chunks: Uint8Array): Uint8Array {
  let level = chunks
  while (level.length > 32) {
    const parents = new Uint8Array(level.length / 2)
    for (let at = 0; at < parents.length; at += 32) parents.set(sha256(level.subarray(2 * at, 2 * at + 64)), at)
    level = parents
  }
  return level
}

function recovery(): Pair {
  const secretKey = filled(32)
  const bytes = secp256k1.sign(filled(32), secretKey, { prehash: false, format: 'recovered' })
  const signature = {
    r: bytesToBigint(bytes.subarray(1, 33)),
    s: bytesToBigint(bytes.subarray(33)),
    yParity: bytes[0] ?? 0,
  }
  const [ourHash, stockHash] = [counting(32), counting(32)]
  const noble = secp256k1.Signature.fromBytes(bytes, 'recovered')
  return {
    name: 'recovery of a sender',
    ours: () => crypto.recoverSender(ourHash(), signature),
    stock: () => keccak_256(noble.recoverPublicKey(stockHash()).toBytes(false).subarray(1)).subarray(12),
  }
}

function encodings(): Pair[] {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun })
  const fields = [1n, 7n, 2_000_000_000n, 30_000_000_000n, 90_000n].map((value) => bigintBytes(value))
  const items = [...fields, filled(20), new Uint8Array(0), filled(68), [], Uint8Array.of(1), filled(32), filled(32)]
  const encoded = encodeRlp(items)
  const stockHeader = createBlockHeader({ number: 7, gasLimit: 60_000_000, extraData: filled(20) }, { common })
  const rlp = RLP.encode(stockHeader.raw())
  const header = decodeHeader(rlp)
  const log: [Uint8Array, Uint8Array[], Uint8Array] = [filled(20), [filled(32), filled(31), filled(30)], filled(32)]
  const bloomOfStock = () => {
    const bloom = new Bloom(undefined, common)
    bloom.add(log[0])
    for (const topic of log[1]) bloom.add(topic)
    return bloom
  }
  return [
    { name: 'RLP of a transaction: encode', ours: () => encodeRlp(items), stock: () => RLP.encode(items) },
    { name: 'RLP of a transaction: decode', ours: () => decodeRlpList(encoded), stock: () => RLP.decode(encoded) },
    {
      name: 'hash of a header',
      ours: () => hashHeader(header),
      // What its hash() does the first time; afterwards it remembers.
      stock: () => keccak_256(RLP.encode(stockHeader.raw())),
    },
    { name: 'header: encode', ours: () => encodeHeader(header), stock: () => RLP.encode(stockHeader.raw()) },
    { name: 'bloom of a log with known topics', ours: () => logsBloom([log]), stock: bloomOfStock },
  ]
}

function bigintBytes(value: bigint): Uint8Array {
  const hex = value.toString(16)
  return Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
}

/** 1,000 accounts into an empty trie, and its root. */
function tries(): Pair {
  const keys = Array.from({ length: 1_000 }, (_, i) => keccak_256(Uint8Array.of(i >> 8, i)))
  const paths = keys.map((key) => Uint8Array.from([...key].flatMap((byte) => [byte >> 4, byte & 15])))
  const value = filled(70)
  return {
    name: 'trie of 1,000 accounts',
    ours: () => {
      const edit = createTrie({ getNode: () => undefined, getCode: () => undefined }, EMPTY_TRIE_ROOT).edit()
      for (const path of paths) edit.put(path, value)
      return edit.commit(new Map()).root
    },
    stock: async () => {
      const trie = new MerklePatriciaTrie()
      for (const key of keys) await trie.put(key, value)
      return trie.root()
    },
  }
}

async function precompiles(): Promise<Pair[]> {
  const common = new Common({ chain: Mainnet, hardfork: Hardfork.Osaka })
  const evm = await createEVM({ common })
  const library = getActivePrecompiles(common)
  const own = new Map(library)
  replacePrecompiles(own, () => undefined, 'fast')
  return precompileCases()
    .filter(({ name }) => PRECOMPILES.includes(name))
    .map(({ name, address, input }) => {
      const key = address.toString(16).padStart(40, '0')
      const call = { data: input, gasLimit: 1n << 60n, common, _EVM: evm }
      const run = (of: typeof own) => () => of.get(key)?.(call)
      return { name, ours: run(own), stock: run(library) }
    })
}

async function measure({ name, ours, stock }: Pair): Promise<void> {
  const bench = new Bench({ time: TIME_MS, iterations: ITERATIONS, warmupTime: WARM_UP_MS, warmupIterations: 2 })
  bench.add('ours', ours).add('stock', stock)
  const [oursMs, stockMs] = (await bench.run()).map(({ result }) => {
    if (!('latency' in result)) throw new Error(`${name}: ${JSON.stringify(result)}`)
    return result.latency.p50
  })
  if (oursMs === undefined || stockMs === undefined) throw new Error(`${name}: not measured`)
  const rate = (ms: number) => Math.round(1000 / ms).toLocaleString('en')
  console.log(`${name}: ${rate(oursMs)} a second, stock ${rate(stockMs)}`)
  noteFigure({ name, value: stockMs / oursMs, unit: 'x stock' })
}

for (const pair of [...hashes(), recovery(), ...encodings(), tries(), ...(await precompiles())]) await measure(pair)
