// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rlp} from "./Rlp.sol";

/// @notice What an L1 header says; times are seconds, gas is gas, the base fee wei.
/// @param hash hash of the block
/// @param parentHash hash of the block before
/// @param feeRecipient who got the priority fees
/// @param stateRoot root of the state trie after the block
/// @param transactionsRoot root of the trie of transactions
/// @param receiptsRoot root of the trie of receipts
/// @param number block number
/// @param gasLimit gas limit of the block
/// @param gasUsed gas used by the block
/// @param timestamp time of the block
/// @param prevRandao what PREVRANDAO gave in the block
/// @param baseFeePerGas base fee of the block
struct L1Header {
    bytes32 hash;
    bytes32 parentHash;
    address feeRecipient;
    bytes32 stateRoot;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    uint64 number;
    uint64 gasLimit;
    uint64 gasUsed;
    uint64 timestamp;
    bytes32 prevRandao;
    uint256 baseFeePerGas;
}

/// @title L1 headers whose hash an L2 block carries
/// @notice NativeRollup accepts an L2 block only with the hash of an L1 block as parent_beacon_block_root, and the EIP-4788
/// contract keeps it under the L2 block's timestamp. So a header with that hash is one of L1, and all state under its
/// root can be proven.
library L1Anchor {
    /// @dev The EIP-4788 contract.
    address internal constant BEACON_ROOTS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;

    /// @notice EIP-4788 has no anchor for that timestamp.
    error L1Anchor_Unknown();
    /// @notice The bytes are not the anchor's header.
    error L1Anchor_WrongHeader();

    /// @notice Hash of the L1 block that the L2 block with this timestamp carries.
    /// @param _timestamp seconds; the EIP-4788 contract keeps 8,191 seconds
    function hashAt(uint256 _timestamp) internal view returns (bytes32 anchor) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0x00, _timestamp)
            ok := staticcall(gas(), BEACON_ROOTS, 0x00, 0x20, 0x00, 0x20)
            ok := and(ok, eq(returndatasize(), 32))
            anchor := mload(0x00)
        }
        if (!ok || anchor == 0) revert L1Anchor_Unknown();
    }

    /// @notice State root and number of the L1 block under an anchor.
    /// @param _timestamp timestamp of the L2 block whose anchor is meant, seconds
    /// @param _header RLP of the L1 header whose hash is that anchor
    function stateAt(uint256 _timestamp, bytes calldata _header)
        internal
        view
        returns (bytes32 stateRoot, uint64 number)
    {
        (bytes calldata items,) = _open(_timestamp, _header);
        uint256 position = _skip(items, 0, 3);
        (stateRoot, position) = _readHash(items, position);
        (number,) = _readUint64(items, _skip(items, position, 4));
    }

    /// @notice All fields of the L1 header under an anchor that L1State shows. The header must have a base fee.
    function headerAt(uint256 _timestamp, bytes calldata _header) internal view returns (L1Header memory header) {
        bytes calldata items;
        (items, header.hash) = _open(_timestamp, _header);
        uint256 position;
        (header.parentHash, position) = _readHash(items, 0);
        (header.feeRecipient, position) = _readAddress(items, _skip(items, position, 1));
        (header.stateRoot, position) = _readHash(items, position);
        (header.transactionsRoot, position) = _readHash(items, position);
        (header.receiptsRoot, position) = _readHash(items, position);
        (header.number, position) = _readUint64(items, _skip(items, position, 2));
        (header.gasLimit, position) = _readUint64(items, position);
        (header.gasUsed, position) = _readUint64(items, position);
        (header.timestamp, position) = _readUint64(items, position);
        (header.prevRandao, position) = _readHash(items, _skip(items, position, 1));
        (header.baseFeePerGas,) = _readNumber(items, _skip(items, position, 1), 32);
    }

    /// @dev The payload of the header list.
    function _open(uint256 _timestamp, bytes calldata _header) private view returns (bytes calldata items, bytes32 hash) {
        hash = hashAt(_timestamp);
        if (keccak256(_header) != hash) revert L1Anchor_WrongHeader();
        return (Rlp.listPayload(_header), hash);
    }

    function _skip(bytes calldata _items, uint256 _at, uint256 _count) private pure returns (uint256 position) {
        position = _at;
        for (uint256 i = 0; i < _count; ++i) {
            position += Rlp.itemLength(_items, position);
        }
    }

    function _readHash(bytes calldata _items, uint256 _at) private pure returns (bytes32 value, uint256 next) {
        next = _at + Rlp.itemLength(_items, _at);
        if (next != _at + 33 || _items[_at] != 0xa0) revert L1Anchor_WrongHeader();
        value = bytes32(_items[_at + 1:next]);
    }

    function _readAddress(bytes calldata _items, uint256 _at) private pure returns (address value, uint256 next) {
        next = _at + Rlp.itemLength(_items, _at);
        if (next != _at + 21 || _items[_at] != 0x94) revert L1Anchor_WrongHeader();
        value = address(bytes20(_items[_at + 1:next]));
    }

    function _readUint64(bytes calldata _items, uint256 _at) private pure returns (uint64 value, uint256 next) {
        uint256 wide;
        (wide, next) = _readNumber(_items, _at, 8);
        value = uint64(wide);
    }

    /// @dev Big-endian without leading zeros.
    function _readNumber(bytes calldata _items, uint256 _at, uint256 _maxLength)
        private
        pure
        returns (uint256 value, uint256 next)
    {
        next = _at + Rlp.itemLength(_items, _at);
        bytes calldata digits = Rlp.stringPayload(_items[_at:next]);
        if (digits.length == 0) return (0, next);
        if (digits.length > _maxLength || digits[0] == 0) revert L1Anchor_WrongHeader();
        value = uint256(bytes32(digits)) >> (8 * (32 - digits.length));
    }
}
