// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rlp} from "./Rlp.sol";

/// @notice An account as the state trie holds it; the balance is wei.
/// @param nonce transactions sent, or contracts created
/// @param balance wei
/// @param storageRoot root of its storage trie
/// @param codeHash keccak256 of its code
struct Account {
    uint64 nonce;
    uint256 balance;
    bytes32 storageRoot;
    bytes32 codeHash;
}

/// @title Verifier of Merkle-Patricia proofs, read straight from calldata
/// @notice For secure tries only: keys are keccak256 hashes, 64 nibbles long. It accepts exactly the nodes that a correct
/// trie contains (canonical RLP and path flags, two children or more and no value in a branch, a branch below an extension,
/// no hash of a node that would fit into its parent) and a proof that consists of exactly the nodes on the path, root
/// first. A node that is embedded in its parent is refused when it lies on the path (with keys of 32 bytes and values of 32
/// bytes there is none), and skipped without a look inside when it does not.
library Mpt {
    /// @notice The proof is malformed, does not hash to the root, or is longer or shorter than the path.
    error Mpt_InvalidProof();

    uint256 private constant KEY_NIBBLES = 64;
    /// @dev keccak256(0x80), the root of a trie without entries; nothing needs to be shown of it.
    bytes32 private constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    /// @dev One step down the trie. An extension is above a branch, never above another short node.
    struct Cursor {
        bytes32 expected;
        uint256 depth;
        bool done;
        bool belowExtension;
    }

    /// @notice The value of a storage slot of an account under a state root; zero when account or slot are absent.
    function storageValue(
        bytes32 _stateRoot,
        address _account,
        bytes32 _slot,
        bytes[] calldata _accountProof,
        bytes[] calldata _storageProof
    ) internal pure returns (bytes32) {
        bytes calldata found = get(_stateRoot, keccak256(abi.encodePacked(_account)), _accountProof);
        if (found.length == 0) {
            if (_storageProof.length != 0) revert Mpt_InvalidProof();
            return bytes32(0);
        }
        bytes calldata value = get(_storageRootOf(found), keccak256(abi.encodePacked(_slot)), _storageProof);
        return value.length == 0 ? bytes32(0) : _uint256(value);
    }

    /// @notice An account under a state root; `exists` is false when the proof shows that there is none.
    function account(bytes32 _stateRoot, address _address, bytes[] calldata _proof)
        internal
        pure
        returns (bool exists, Account memory result)
    {
        bytes calldata found = get(_stateRoot, keccak256(abi.encodePacked(_address)), _proof);
        if (found.length == 0) return (false, result);
        // It also requires that nonce and balance are canonical integers of 8 and 32 bytes at most.
        result.storageRoot = _storageRootOf(found);
        result.codeHash = bytes32(found[found.length - 32:]);
        bytes calldata items = Rlp.listPayload(found);
        uint256 end = Rlp.itemLength(items, 0);
        result.nonce = uint64(_number(items[:end]));
        result.balance = _number(items[end:end + Rlp.itemLength(items, end)]);
        return (true, result);
    }

    /// @notice The value at a key, or empty bytes when the proof shows that there is none.
    /// @param _root root hash of the trie
    /// @param _key hashed key
    /// @param _proof RLP of the nodes from the root to the end of the path; no nodes for an empty trie
    function get(bytes32 _root, bytes32 _key, bytes[] calldata _proof) internal pure returns (bytes calldata value) {
        Cursor memory cursor = Cursor({
            expected: _root, depth: 0, done: _root == EMPTY_ROOT, belowExtension: false
        });
        value = _proof.length == 0 ? msg.data[0:0] : _proof[0][0:0];
        for (uint256 i = 0; i < _proof.length; ++i) {
            if (cursor.done) revert Mpt_InvalidProof();
            bytes calldata node = _proof[i];
            // Below the root a node of less than 32 bytes is embedded, never named by its hash.
            if (_hash(node) != cursor.expected || (node.length < 32 && i != 0)) revert Mpt_InvalidProof();
            value = _step(cursor, uint256(_key), node);
        }
        if (!cursor.done) revert Mpt_InvalidProof();
    }

    /// @dev keccak256 without memory that stays: the copy lies beyond the free memory pointer, which is not moved.
    function _hash(bytes calldata _node) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let copy := mload(0x40)
            calldatacopy(copy, _node.offset, _node.length)
            hash := keccak256(copy, _node.length)
        }
    }

    function _step(Cursor memory _cursor, uint256 _key, bytes calldata _node)
        private
        pure
        returns (bytes calldata value)
    {
        bytes calldata items = Rlp.listPayload(_node);
        uint256 first = _firstLength(items);
        if (first != 0 && first + Rlp.itemLength(items, first) == items.length) {
            return _shortNode(_cursor, _key, items[:first], items[first:]);
        }
        _branchNode(_cursor, _key, items);
        return _node[0:0];
    }

    /// @dev Length of the first item when the node can be a short one: a path is a string of at most 33 bytes, and what
    /// follows it is not the second of many children. Zero when the node is a branch or nothing.
    function _firstLength(bytes calldata _items) private pure returns (uint256 length) {
        uint256 total = _items.length;
        assembly ("memory-safe") {
            let prefix := byte(0, calldataload(_items.offset))
            length := 1
            if gt(prefix, 0x7f) { length := sub(prefix, 0x7f) }
            if gt(length, 34) { length := 0 }
            // The usual branch begins with two children that are a hash or empty; then the rest decides at once.
            let second := byte(0, calldataload(add(_items.offset, length)))
            if and(eq(second, 0xa0), iszero(eq(add(length, 33), total))) { length := 0 }
            if and(eq(second, 0x80), iszero(eq(add(length, 1), total))) { length := 0 }
        }
    }

    /// @dev Seventeen items: children are empty, a hash, or a list of less than 32 bytes; the value must be empty.
    function _branchNode(Cursor memory _cursor, uint256 _key, bytes calldata _items) private pure {
        if (_cursor.depth == KEY_NIBBLES) revert Mpt_InvalidProof();
        uint256 wanted = _nibble(_key, _cursor.depth);
        bool ok;
        uint256 found;
        bytes32 child;
        assembly ("memory-safe") {
            // Walks over `count` children. Nothing checks the end: reading too far is harmless, and after the last child
            // the position must be that of the last byte. A bad prefix moves the position anywhere, but clears `good`.
            function skip(item, count) -> next, empty, good {
                next := item
                good := 1
                for {} count { count := sub(count, 1) } {
                    let prefix := byte(0, calldataload(next))
                    switch prefix
                    case 0xa0 { next := add(next, 33) }
                    case 0x80 {
                        next := add(next, 1)
                        empty := add(empty, 1)
                    }
                    default {
                        // an embedded node: a list of 2 to 31 bytes in all
                        good := and(good, and(gt(prefix, 0xc0), lt(prefix, 0xdf)))
                        next := add(next, sub(prefix, 0xbf))
                    }
                }
            }
            let position, empty, good := skip(_items.offset, wanted)
            found := byte(0, calldataload(position))
            child := calldataload(add(position, 1))
            let end, emptyAfter, goodAfter := skip(position, sub(16, wanted))
            position := end
            empty := add(empty, emptyAfter)
            ok := and(good, goodAfter)
            ok := and(ok, eq(add(position, 1), add(_items.offset, _items.length)))
            ok := and(ok, eq(byte(0, calldataload(position)), 0x80))
            ok := and(ok, lt(empty, 15))
            // an embedded node on the path is refused as well
            ok := and(ok, or(eq(found, 0xa0), eq(found, 0x80)))
        }
        if (!ok) revert Mpt_InvalidProof();
        _cursor.expected = child;
        _cursor.belowExtension = false;
        unchecked {
            // below KEY_NIBBLES
            _cursor.depth += 1;
        }
        _cursor.done = found == 0x80;
    }

    /// @dev Two items: a compact path, then a value (leaf) or the hash of a branch (extension).
    function _shortNode(Cursor memory _cursor, uint256 _key, bytes calldata _path, bytes calldata _item)
        private
        pure
        returns (bytes calldata value)
    {
        if (_cursor.belowExtension) revert Mpt_InvalidProof();
        bytes calldata path = Rlp.stringPayload(_path);
        value = Rlp.stringPayload(_item);
        if (path.length == 0 || path.length > 33) revert Mpt_InvalidProof();
        uint256 flags = uint8(path[0]);
        // 0x00 extension, 0x1n odd extension, 0x20 leaf, 0x3n odd leaf; the pad nibble of an even path is zero
        if (flags > 0x3f || (flags & 0x10 == 0 && flags & 0x0f != 0)) revert Mpt_InvalidProof();
        bool leaf = flags & 0x20 != 0;
        uint256 nibbles = (path.length - 1) * 2 + ((flags >> 4) & 1);
        uint256 end = _cursor.depth + nibbles;
        if (value.length == 0 || end > KEY_NIBBLES || leaf != (end == KEY_NIBBLES)) revert Mpt_InvalidProof();
        if (!leaf && (nibbles == 0 || value.length != 32)) revert Mpt_InvalidProof();
        bool same = _samePath(_key, _cursor.depth, path, nibbles);
        _cursor.depth = end;
        _cursor.done = leaf || !same;
        if (leaf) return same ? value : value[0:0];
        _cursor.expected = bytes32(value);
        _cursor.belowExtension = true;
        return value[0:0];
    }

    /// @dev Compares the last `_nibbles` nibbles of a compact path with the key's nibbles from `_depth` on.
    function _samePath(uint256 _key, uint256 _depth, bytes calldata _path, uint256 _nibbles)
        private
        pure
        returns (bool)
    {
        if (_nibbles == 0) return true;
        uint256 packed;
        assembly ("memory-safe") {
            // At most 33 bytes, of which the last 32 hold every nibble: load them right aligned.
            switch gt(_path.length, 32)
            case 1 { packed := calldataload(add(_path.offset, sub(_path.length, 32))) }
            default { packed := shr(mul(8, sub(32, _path.length)), calldataload(_path.offset)) }
        }
        uint256 drop = (KEY_NIBBLES - _nibbles) * 4;
        // Shifting left drops the flag nibbles, shifting the key drops the nibbles before the path; then both are cut.
        return packed << drop == ((_key << (_depth * 4)) >> drop) << drop;
    }

    function _nibble(uint256 _key, uint256 _depth) private pure returns (uint256) {
        return (_key >> ((KEY_NIBBLES - 1 - _depth) * 4)) & 0x0f;
    }

    /// @dev account = [nonce, balance, storage root, code hash]
    function _storageRootOf(bytes calldata _account) private pure returns (bytes32) {
        bytes calldata items = Rlp.listPayload(_account);
        uint256 position = _integerEnd(items, _integerEnd(items, 0, 8), 32);
        // Two strings of 32 bytes end the list.
        if (items.length != position + 66 || items[position] != 0xa0 || items[position + 33] != 0xa0) revert Mpt_InvalidProof();
        return bytes32(items[position + 1:position + 33]);
    }

    /// @dev Zero is the empty string, anything else its minimal big-endian bytes.
    function _number(bytes calldata _item) private pure returns (uint256) {
        return _item.length == 1 && _item[0] == 0x80 ? 0 : uint256(_uint256(_item));
    }

    /// @dev Where the integer of at most `_maxBytes` bytes at `_at` ends.
    function _integerEnd(bytes calldata _items, uint256 _at, uint256 _maxBytes) private pure returns (uint256) {
        uint256 length = Rlp.itemLength(_items, _at);
        uint256 prefix = uint8(_items[_at]);
        // Zero is the empty string; a list begins at 0xc0.
        bool leadingZero = prefix == 0 || (length > 1 && _items[_at + 1] == 0);
        if (leadingZero || prefix >= 0xc0 || length > _maxBytes + 1) revert Mpt_InvalidProof();
        return _at + length;
    }

    /// @dev A storage value is the RLP of its minimal big-endian bytes: pad it on the left.
    function _uint256(bytes calldata _value) private pure returns (bytes32) {
        bytes calldata digits = Rlp.stringPayload(_value);
        if (digits.length == 0 || digits.length > 32 || digits[0] == 0) revert Mpt_InvalidProof();
        return bytes32(digits) >> (8 * (32 - digits.length));
    }
}
