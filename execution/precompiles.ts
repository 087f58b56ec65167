import type { CustomCrypto } from '@ethereumjs/common'
import {
  EVMError,
  type EVMInterface,
  type ExecResult,
  type PrecompileFunc,
  type PrecompileInput,
} from '@ethereumjs/evm'
import { createRIPEMD160 } from 'hash-wasm'
import { bytesEqual, bytesToBigint, concatBytes, EMPTY_BYTES } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { blake2Compress } from './blake2.ts'
import { BLOB_ELEMENTS, FIELD_BYTES } from './blobPolynomial.ts'
import { assert } from './internal.ts'
import { loadVerifyKzgProof } from './kzg.ts'
import { BadElement, type CurveName, startOnce } from './mcl.ts'
import { readModexp } from './modexp.ts'
import { verifyP256 } from './p256.ts'
import { loadPairingCurve, type PairingCurve, type Pause } from './pairings.ts'
import { haltingOnBadElement } from './reference/precompiles.ts'
import type { EnginePaths } from './types.ts'
import { wordToBytes } from './words.ts'

/**
 * Puts our own computations in the place of the library's wherever those are far too slow for their gas. Lengths, gas and
 * the fork from which a precompile exists stay the library's; results are the same to the bit, and so is the set of
 * inputs that fail.
 *
 * @param paths with `reference` the library's own stay
 * @param active the library's precompiles of the current fork by address (40 hex digits); changed in place
 */
export function replacePrecompiles(active: Map<string, PrecompileFunc>, pause: Pause, paths: EnginePaths): void {
  for (const [number, replace] of REPLACEMENTS) {
    const address = number.padStart(40, '0')
    const base = active.get(address)
    // The library's point evaluation needs a KZG library that we do not give it.
    const ours = paths === 'fast' || number === POINT_EVALUATION
    if (base !== undefined) active.set(address, ours ? replace(base, pause) : haltingOnBadElement(base))
  }
}

const POINT_EVALUATION = '0a'
const KZG_HASH_VERSION = 1
/** Field elements per blob and the order of their field. */
const POINT_EVALUATION_ANSWER = concatBytes([wordToBytes(BigInt(BLOB_ELEMENTS)), FIELD_BYTES])

const P256_GAS = 6900n
const P256_INPUT_LENGTH = 160

type Replace = (base: PrecompileFunc, pause: Pause) => PrecompileFunc

const REPLACEMENTS: readonly [string, Replace][] = [
  ['01', () => recoverAddress],
  ['03', () => ripemd160],
  ['05', (base) => (call) => (usesOsakaModexp(call.common) ? modexp(call) : base(call))],
  ['06', onCurve('bn254', 'add', 64, (curve, input) => curve.add(1, input))],
  // Input is padded to 128 bytes for addition and multiplication alike.
  ['07', onCurve('bn254', 'mul', 64, (curve, input, pause) => curve.msm(1, input.subarray(0, 96), pause))],
  ['08', onCurve('bn254', 'pairing', 32, checkPairing)],
  ['09', (_, pause) => (call) => blake2f(call, pause)],
  [POINT_EVALUATION, () => pointEvaluation],
  ['0b', onCurve('bls12_381', 'addG1', 128, (curve, input) => curve.add(1, input))],
  ['0c', onCurve('bls12_381', 'msmG1', 128, (curve, input, pause) => curve.msm(1, input, pause))],
  ['0d', onCurve('bls12_381', 'addG2', 256, (curve, input) => curve.add(2, input))],
  ['0e', onCurve('bls12_381', 'msmG2', 256, (curve, input, pause) => curve.msm(2, input, pause))],
  ['0f', onCurve('bls12_381', 'pairingCheck', 32, checkPairing)],
  ['10', onCurve('bls12_381', 'mapFPtoG1', 128, (curve, input) => curve.map(1, input))],
  ['11', onCurve('bls12_381', 'mapFP2toG2', 256, (curve, input) => curve.map(2, input))],
  ['100', () => p256Verify],
]

async function checkPairing(curve: PairingCurve, input: Uint8Array, pause: Pause): Promise<Uint8Array> {
  return asWord(await curve.pairing(input, pause))
}

function asWord(value: boolean): Uint8Array {
  const word = new Uint8Array(32)
  word[31] = value ? 1 : 0
  return word
}

type Compute = (curve: PairingCurve, input: Uint8Array, pause: Pause) => Uint8Array | Promise<Uint8Array>

/**
 * The library's handler checks length and gas and pads, then asks the EVM's curve for `method`. It gets a curve that only
 * takes down the question; the answer is computed afterwards, because it may have to load the curve or to yield.
 */
function onCurve(name: CurveName, method: string, outputLength: number, compute: Compute): Replace {
  const unanswered = new Uint8Array(outputLength)
  return (base, pause) => {
    let asked: Uint8Array | undefined
    const note = (input: Uint8Array) => {
      asked = input
      return unanswered
    }
    const curves = { [method]: note }
    const evm = { _bls: curves, _bn254: curves } as unknown as EVMInterface
    return async (call) => {
      asked = undefined
      // It asks before it first awaits anything.
      const pricing = base({ ...call, _EVM: evm })
      const question = asked
      const priced = await pricing
      if (question === undefined) return priced
      const curve = await loadPairingCurve(name)
      return failingOnBadElement(call.gasLimit, async () => ({
        ...priced,
        returnValue: await compute(curve, question, pause),
      }))
    }
  }
}

async function failingOnBadElement(gasLimit: bigint, run: () => Promise<ExecResult>): Promise<ExecResult> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof BadElement) return failure(gasLimit, EVMError.errorMessages.BLS_12_381_POINT_NOT_ON_CURVE)
    throw error
  }
}

function failure(gasLimit: bigint, error: EVMError['error'] = EVMError.errorMessages.OUT_OF_GAS): ExecResult {
  return { returnValue: EMPTY_BYTES, executionGasUsed: gasLimit, exceptionError: new EVMError(error) }
}

/** EIP-4844: versioned hash, z, y, commitment and proof of 32, 32, 32, 48 and 48 bytes. */
const pointEvaluation: PrecompileFunc = async ({ data, gasLimit, common }) => {
  const { INVALID_INPUT_LENGTH, INVALID_COMMITMENT, INVALID_PROOF } = EVMError.errorMessages
  const gas = common.param('kzgPointEvaluationPrecompileGas')
  if (gasLimit < gas) return failure(gasLimit)
  if (data.length !== 192) return failure(gasLimit, INVALID_INPUT_LENGTH)
  const commitment = data.subarray(96, 144)
  const { sha256 } = common.customCrypto
  assert(sha256 !== undefined, 'SHA-256 is always given')
  const hash = sha256(commitment)
  hash[0] = KZG_HASH_VERSION
  if (!bytesEqual(hash, data.subarray(0, 32))) return failure(gasLimit, INVALID_COMMITMENT)
  const verify = await loadVerifyKzgProof()
  return failingOnBadElement(gasLimit, async () => {
    const holds = verify(commitment, data.subarray(32, 64), data.subarray(64, 96), data.subarray(144))
    return holds
      ? { executionGasUsed: gas, returnValue: POINT_EVALUATION_ANSWER.slice() }
      : failure(gasLimit, INVALID_PROOF)
  })
}

/** Yellow Paper, appendix E: hash, v, r and s of 32 bytes each; what recovers to nothing is no failure, but an empty answer. */
const recoverAddress: PrecompileFunc = ({ data, gasLimit, common }) => {
  const gas = common.param('ecRecoverGas')
  if (gasLimit < gas) return failure(gasLimit)
  const input = new Uint8Array(128)
  input.set(data.subarray(0, input.length))
  return { executionGasUsed: gas, returnValue: signerOf(input, common.customCrypto.ecrecover) }
}

function signerOf(input: Uint8Array, recover: CustomCrypto['ecrecover']): Uint8Array {
  assert(recover !== undefined, 'signature recovery is always given')
  const v = bytesToBigint(input.subarray(32, 64))
  if (v !== 27n && v !== 28n) return EMPTY_BYTES
  let publicKey: Uint8Array
  try {
    publicKey = recover(input.subarray(0, 32), v, input.subarray(64, 96), input.subarray(96))
  } catch {
    // It throws for a signature that recovers to nothing, as the library's own does.
    return EMPTY_BYTES
  }
  const word = new Uint8Array(32)
  word.set(keccak256(publicKey).subarray(12), 12)
  return word
}

const loadRipemd160 = startOnce(async (_: 'RIPEMD-160') => {
  const hasher = await createRIPEMD160()
  return (bytes: Uint8Array): Uint8Array => hasher.init().update(bytes).digest('binary')
})

/** Yellow Paper, appendix E; the library hashes in JavaScript, and twice. */
const ripemd160: PrecompileFunc = async ({ data, gasLimit, common }) => {
  const words = BigInt(Math.ceil(data.length / 32))
  const gas = common.param('ripemd160Gas') + common.param('ripemd160WordGas') * words
  if (gasLimit < gas) return failure(gasLimit)
  const hash = await loadRipemd160('RIPEMD-160')
  const word = new Uint8Array(32)
  word.set(hash(data), 12)
  return { executionGasUsed: gas, returnValue: word }
}

/** Before Osaka lengths have no bound, and the library's way is as good as any. */
function usesOsakaModexp(common: PrecompileInput['common']): boolean {
  return common.isActivatedEIP(7823) && common.isActivatedEIP(7883)
}

/** Nothing is computed before it is paid for; the library measures the exponent first. */
function modexp({ data, gasLimit }: PrecompileInput): ExecResult {
  const call = readModexp(data)
  if (call === undefined || gasLimit < BigInt(call.gas)) return failure(gasLimit)
  return { executionGasUsed: BigInt(call.gas), returnValue: call.run() }
}

/** EIP-152 */
async function blake2f({ data, gasLimit, common }: PrecompileInput, pause: Pause): Promise<ExecResult> {
  const flag = data[212]
  if (data.length !== 213 || (flag !== 0 && flag !== 1)) return failure(gasLimit, EVMError.errorMessages.OUT_OF_RANGE)
  const rounds = new DataView(data.buffer, data.byteOffset).getUint32(0)
  const gas = BigInt(rounds) * common.param('blake2RoundGas')
  if (gasLimit < gas) return failure(gasLimit)
  return { executionGasUsed: gas, returnValue: await blake2Compress(data, pause) }
}

/** EIP-7951: a signature that does not hold is no failure, but an empty answer. */
const p256Verify: PrecompileFunc = ({ data, gasLimit }) => {
  if (gasLimit < P256_GAS) return failure(gasLimit)
  const holds = data.length === P256_INPUT_LENGTH && verifyP256(data)
  return { executionGasUsed: P256_GAS, returnValue: holds ? asWord(true) : EMPTY_BYTES }
}
