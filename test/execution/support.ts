import { createCrypto } from '../../execution/crypto.ts'

export const silentLogger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

/** Test runs share one; it holds no state but a memo. */
export const cryptoOnce = createCrypto({ logger: silentLogger })
