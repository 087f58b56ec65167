// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageTree} from "../../contracts/lib/MessageTree.sol";
import {Mpt} from "../../contracts/lib/Mpt.sol";
import {Rlp} from "../../contracts/lib/Rlp.sol";

/// @dev Makes library internals callable.
contract Harness {
    using MessageTree for MessageTree.Tree;

    MessageTree.Tree private _tree;

    function push(bytes32 _leaf) external returns (uint64) {
        return _tree.push(_leaf);
    }

    function setCount(uint64 _count) external {
        _tree.count = _count;
    }

    function root() external view returns (bytes32) {
        return _tree.root;
    }

    function rootFrom(bytes32 _leaf, uint64 _index, bytes32[] calldata _path) external pure returns (bytes32) {
        return MessageTree.rootFrom(_leaf, _index, _path);
    }

    function get(bytes32 _root, bytes32 _key, bytes[] calldata _proof) external pure returns (bytes memory) {
        return Mpt.get(_root, _key, _proof);
    }

    function storageValue(
        bytes32 _root,
        address _account,
        bytes32 _slot,
        bytes[] calldata _accountProof,
        bytes[] calldata _storageProof
    ) external pure returns (bytes32) {
        return Mpt.storageValue(_root, _account, _slot, _accountProof, _storageProof);
    }

    function list(bytes calldata _bytes) external pure returns (bytes memory) {
        return Rlp.listPayload(_bytes);
    }

    function string_(bytes calldata _bytes) external pure returns (bytes memory) {
        return Rlp.stringPayload(_bytes);
    }
}
