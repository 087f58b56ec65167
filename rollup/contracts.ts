import { parseAbi } from 'viem'

export const nativeRollupAbi = parseAbi([
  'function advance(bytes input, uint64 anchorBlock)',
  'function advanceBatch(bytes[] inputs, uint64[] anchors)',
  'function headHash() view returns (bytes32)',
  'function headNumber() view returns (uint64)',
  'event BlockAdvanced(uint64 indexed number, bytes32 indexed blockHash, bytes32 stateRoot, uint64 anchorBlock, bytes32 requestRoot)',
])

export const l1MessengerAbi = parseAbi([
  'struct Message { address sender; address to; uint256 value; uint256 fee; uint64 gasLimit; bytes data; uint64 index; }',
  'function claim(Message m, bytes32[] path, uint64 l2Block, bytes[] accountProof, bytes[] storageProof, address feeRecipient)',
  'event MessageSent(uint64 indexed index, address indexed sender, address indexed to, uint256 value, uint256 fee, uint64 gasLimit, bytes data)',
  'event MessageDelivered(uint64 indexed index, address indexed sender, address indexed to, address feeRecipient)',
])

export const l2MessengerAbi = parseAbi([
  'struct Message { address sender; address to; uint256 value; uint256 fee; uint64 gasLimit; bytes data; uint64 index; }',
  'function proveInbox(uint256 anchorTimestamp, bytes l1Header, bytes[] accountProof, bytes[] storageProof) returns (bytes32 root)',
  'function claim(Message m, uint256 rootId, bytes32[] path, address feeRecipient)',
  'event MessageSent(uint64 indexed index, address indexed sender, address indexed to, uint256 value, uint256 fee, uint64 gasLimit, bytes data)',
])
