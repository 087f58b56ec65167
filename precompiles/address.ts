/**
 * Where EXECUTE lives on L1: the next address after P256VERIFY (0x0100). EIP-8079 (draft) leaves it open; ethrex uses
 * the same one.
 */
export const EXECUTE_ADDRESS = '0x0000000000000000000000000000000000000101'
