import { EthereumJSErrorWithoutCode } from '@ethereumjs/util'
import { expect, test } from 'vitest'
import { brokenRule, LibraryFailure } from '../../execution/blockContext.ts'

test('a broken rule of the library is its first clause, without the description of the VM', () => {
  const described = EthereumJSErrorWithoutCode('the nonce is wrong (vm hf=cancun -> block number=1 -> tx type=2)')
  expect(brokenRule(new LibraryFailure(described))).toBe('the nonce is wrong')
  expect(brokenRule(new LibraryFailure(EthereumJSErrorWithoutCode('no gas')))).toBe('no gas')
})

test('anything else that fails is no rule', () => {
  class EthereumJSError extends Error {}
  expect(brokenRule(new LibraryFailure(new EthereumJSError('of the same name')))).toBeUndefined()
  expect(brokenRule(new LibraryFailure(new TypeError('x is not a function')))).toBeUndefined()
  expect(brokenRule(EthereumJSErrorWithoutCode('not from a run'))).toBeUndefined()
})
