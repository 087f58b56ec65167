// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StatelessInput} from "./StatelessInput.sol";
import {StatelessInputLayout as Layout} from "./StatelessInputLayout.sol";

/// @title Search in the transaction list of an SSZ StatelessInput
/// @notice The list is a region of its own: little-endian uint32 offsets, counted from the region's start, then the
/// transactions without gaps. Its start is pinned by StatelessInput.requireLayout; every offset that is read here is
/// checked against the region's end, so that no byte outside the list is ever taken for a transaction.
library TransactionList {
    /// @dev Where offsets of the execution payload count from.
    uint256 private constant PAYLOAD_START = Layout.REQUEST_START + Layout.PAYLOAD_OFFSET;
    /// @dev The list follows the fixed part of the payload, since there is no extra data.
    uint256 private constant LIST_START = PAYLOAD_START + Layout.EXTRA_DATA_OFFSET;
    /// @dev Bytes of one offset.
    uint256 private constant OFFSET_SIZE = 4;

    /// @notice Looks for a transaction, without wrapping around. Costs about 150 gas for each one it passes, and the hash
    /// of each that has the right length.
    /// @dev Call StatelessInput.requireLayout before.
    /// @param _from position in the list to begin with
    /// @param _hash keccak256 of the transaction's bytes
    /// @param _length bytes of the transaction
    /// @return found true when the list has it at or after `_from`
    /// @return index its first position there; without meaning when it was not found
    function find(bytes calldata _input, uint256 _from, bytes32 _hash, uint256 _length)
        internal
        pure
        returns (bool found, uint256 index)
    {
        (uint256 count, uint256 size) = _measure(_input);
        if (_from >= count) return (false, 0);
        uint256 listStart = LIST_START;
        uint256 misplaced = 0;
        // Positions are absolute in calldata; offsets, sizes and counts are all below 2^32, so that nothing overflows.
        assembly ("memory-safe") {
            // The little-endian uint32 there.
            function offsetAt(at) -> value {
                let word := shr(224, calldataload(at))
                word := or(and(shr(8, word), 0x00ff00ff), shl(8, and(word, 0x00ff00ff)))
                value := and(or(shr(16, word), shl(16, word)), 0xffffffff)
            }
            let list := add(_input.offset, listStart)
            let last := add(list, shl(2, sub(count, 1)))
            let position := add(list, shl(2, _from))
            let start := offsetAt(position)
            // Beyond the free memory pointer, which is not moved: the copies are needed for their hashes only.
            let copy := mload(0x40)
            for {} 1 {} {
                // A transaction ends where the next one begins, and the last one where the list ends.
                let end := size
                if lt(position, last) { end := offsetAt(add(position, 4)) }
                if or(lt(end, start), gt(end, size)) {
                    misplaced := sub(position, _input.offset)
                    break
                }
                if eq(sub(end, start), _length) {
                    calldatacopy(copy, add(list, start), _length)
                    if eq(keccak256(copy, _length), _hash) {
                        found := 1
                        break
                    }
                }
                if eq(position, last) { break }
                start := end
                position := add(position, 4)
            }
            index := shr(2, sub(position, list))
        }
        if (misplaced != 0) revert StatelessInput.StatelessInput_BadLayout(misplaced);
    }

    /// @dev Number of transactions and bytes of the region, which lies inside the payload and so inside the input.
    function _measure(bytes calldata _input) private pure returns (uint256 count, uint256 size) {
        uint256 end = StatelessInput.readUint32(_input, Layout.WITHDRAWALS_OFFSET_AT);
        // The payload is followed by the versioned hashes. requireLayout has seen that these end inside the input.
        uint256 payloadEnd = Layout.REQUEST_START + StatelessInput.readUint32(_input, Layout.VERSIONED_HASHES_OFFSET_AT);
        if (end < Layout.EXTRA_DATA_OFFSET || PAYLOAD_START + end > payloadEnd) {
            revert StatelessInput.StatelessInput_BadLayout(Layout.WITHDRAWALS_OFFSET_AT);
        }
        size = end - Layout.EXTRA_DATA_OFFSET;
        if (size == 0) return (0, 0);
        // The first transaction begins where the offsets end.
        uint256 first = size < OFFSET_SIZE ? 0 : StatelessInput.readUint32(_input, LIST_START);
        if (first == 0 || first % OFFSET_SIZE != 0 || first > size) {
            revert StatelessInput.StatelessInput_BadLayout(LIST_START);
        }
        count = first / OFFSET_SIZE;
    }
}
