import { concatHex, type Hex, toFunctionSelector } from 'viem'

/**
 * Creation code of a receiver that asks its caller who sends, and remembers the first word of the answer in slot 0. 32
 * bytes of calldata are for slot 1 instead; while that is not zero, it refuses everything else.
 */
export function receiverAsking(question: `${string}()`): Hex {
  return concatHex([
    '0x60348060095f395ff3',
    '0x36602014602957', // calldatasize == 32: to 0x29
    '0x600154603057', // slot 1: to 0x30
    '0x63',
    toFunctionSelector(question),
    '0x60e01b5f52',
    '0x60205f60045f335afa15603057', // ask the caller, else to 0x30
    '0x5f515f5500',
    '0x5b5f3560015500', // 0x29
    '0x5b5f5ffd', // 0x30
  ])
}
