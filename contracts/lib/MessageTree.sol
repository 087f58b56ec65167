// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ZeroSubtrees} from "./ZeroSubtrees.sol";

/// @title Append-only Merkle tree of 2^32 message hashes
/// @notice The same tree is the inbox on L1 and the outbox on L2. Inner nodes are keccak256(left || right), an absent
/// leaf is zero. The root lies in the first slot, because it is the slot that the other chain proves.
library MessageTree {
    /// @dev 34 slots: root, count, then the left siblings that the next leaves need (one for each level).
    struct Tree {
        bytes32 root;
        uint64 count;
        bytes32[32] branch;
    }

    uint256 internal constant DEPTH = 32;

    /// @notice The tree holds 2^32 - 1 leaves already.
    error MessageTree_TreeFull();

    /// @notice Appends a leaf and returns its index.
    function push(Tree storage _tree, bytes32 _leaf) internal returns (uint64 index) {
        index = _tree.count;
        if (index >= type(uint32).max) revert MessageTree_TreeFull();
        _tree.count = index + 1;
        bytes memory zeros = ZeroSubtrees.ROOTS;
        bytes32 node = _leaf;
        uint256 level = 0;
        // `node` is the root of a complete subtree as long as the bits of the index are ones; there is a zero bit, because
        // the index is below 2^32 - 1. Where it comes, `node` is a left sibling from now on.
        while ((index >> level) & 1 == 1) {
            node = hashPair(_tree.branch[level], node);
            ++level;
        }
        _tree.branch[level] = node;
        for (; level < DEPTH; ++level) {
            node = (index >> level) & 1 == 1 ? hashPair(_tree.branch[level], node) : hashPair(node, _zero(zeros, level));
        }
        _tree.root = node;
    }

    /// @notice The root that a leaf at an index leads to.
    /// @dev Levels above the path have a zero subtree on the other side, which is why a tree of n leaves needs only
    /// ceil(log2(n)) siblings. Leaving one out is the same as sending the zero subtree's root, so a path that reaches
    /// the root is a proof whatever its length.
    /// @param _path siblings from the leaf upwards, at most 32
    /// @return root zero (never a root) when the index or the path is out of range, or when the leaf is that of nothing:
    /// every free place holds a zero leaf, which is not a message
    function rootFrom(bytes32 _leaf, uint64 _index, bytes32[] calldata _path) internal pure returns (bytes32 root) {
        if (_leaf == 0 || _index > type(uint32).max || _path.length > DEPTH) return bytes32(0);
        bytes memory zeros = ZeroSubtrees.ROOTS;
        root = _leaf;
        assembly ("memory-safe") {
            // The node goes to the side that the index's lowest bit names, its sibling to the other one.
            function parent(node, sibling, index) -> hash {
                let side := shl(5, and(index, 1))
                mstore(side, node)
                mstore(xor(side, 0x20), sibling)
                hash := keccak256(0x00, 0x40)
            }
            let bits := _index
            let length := shl(5, _path.length)
            let at := 0
            for {} lt(at, length) { at := add(at, 0x20) } {
                root := parent(root, calldataload(add(_path.offset, at)), bits)
                bits := shr(1, bits)
            }
            // `at` counts the bytes of both the path and the table: above the path come the table's later entries.
            for {} lt(at, 0x400) { at := add(at, 0x20) } {
                root := parent(root, mload(add(add(zeros, 0x20), at)), bits)
                bits := shr(1, bits)
            }
        }
    }

    /// @notice keccak256(left || right).
    function hashPair(bytes32 _left, bytes32 _right) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0x00, _left)
            mstore(0x20, _right)
            hash := keccak256(0x00, 0x40)
        }
    }

    /// @dev The root of an empty subtree of `_level` levels; `_level` is below DEPTH.
    function _zero(bytes memory _zeros, uint256 _level) private pure returns (bytes32 root) {
        assembly ("memory-safe") {
            root := mload(add(add(_zeros, 0x20), shl(5, _level)))
        }
    }
}
