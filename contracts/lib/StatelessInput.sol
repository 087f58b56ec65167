// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StatelessInputLayout as Layout} from "./StatelessInputLayout.sol";

/// @title Reader of the SSZ StatelessInput that is forwarded to EXECUTE
/// @notice Every SSZ offset on the way to a field is compared with the only canonical value, so that a field has one
/// possible position and the bytes read here are the bytes that EXECUTE reads. Nothing is decoded twice in two ways.
library StatelessInput {
    /// @notice An offset is not the canonical one, or the input is too short to hold it.
    /// @param position absolute byte position of the first offending offset; the length of a too short input
    error StatelessInput_BadLayout(uint256 position);

    /// @notice Requires the canonical layout of a block without extra data, blobs, withdrawals and execution requests.
    /// @dev Call it before any getter below. The two-byte schema id is not looked at.
    function requireLayout(bytes calldata _input) internal pure {
        if (_input.length < Layout.FIXED_LENGTH) revert StatelessInput_BadLayout(_input.length);
        _pin(_input, Layout.REQUEST_OFFSET_AT, Layout.REQUEST_OFFSET);
        _pin(_input, Layout.PAYLOAD_OFFSET_AT, Layout.PAYLOAD_OFFSET);
        _pin(_input, Layout.EXTRA_DATA_OFFSET_AT, Layout.EXTRA_DATA_OFFSET);
        _pin(_input, Layout.TRANSACTIONS_OFFSET_AT, Layout.EXTRA_DATA_OFFSET);
        _pin(_input, Layout.BLOCK_ACCESS_LIST_OFFSET_AT, readUint32(_input, Layout.WITHDRAWALS_OFFSET_AT));
        if (readUint64(_input, Layout.BLOB_GAS_USED_AT) != 0) revert StatelessInput_BadLayout(Layout.BLOB_GAS_USED_AT);
        if (readUint64(_input, Layout.EXCESS_BLOB_GAS_AT) != 0) revert StatelessInput_BadLayout(Layout.EXCESS_BLOB_GAS_AT);
        _requireNoRequests(_input);
    }

    /// @dev The requests are the last field of the new payload request, so their region ends where the witness begins.
    function _requireNoRequests(bytes calldata _input) private pure {
        uint256 requestsOffset = readUint32(_input, Layout.REQUESTS_OFFSET_AT);
        _pin(_input, Layout.VERSIONED_HASHES_OFFSET_AT, requestsOffset);
        // Two values of at most 2^32 - 1 and small constants: no overflow.
        uint256 start = Layout.REQUEST_START + requestsOffset;
        uint256 end = start + Layout.EMPTY_REQUESTS_LENGTH;
        if (Layout.INPUT_START + readUint32(_input, Layout.WITNESS_OFFSET_AT) != end || end > _input.length) {
            revert StatelessInput_BadLayout(Layout.WITNESS_OFFSET_AT);
        }
        for (uint256 position = start; position < end; position += 4) {
            _pin(_input, position, Layout.EMPTY_REQUESTS_LENGTH);
        }
    }

    function _pin(bytes calldata _input, uint256 _at, uint256 _expected) private pure {
        if (readUint32(_input, _at) != _expected) revert StatelessInput_BadLayout(_at);
    }

    /// @notice The 32 bytes at `_at`; bytes past the end of the input read as the bytes behind it in calldata, so `_at`
    /// must lie inside the fixed part that `requireLayout` has measured.
    function readBytes32(bytes calldata _input, uint256 _at) internal pure returns (bytes32 value) {
        assembly ("memory-safe") {
            value := calldataload(add(_input.offset, _at))
        }
    }

    /// @notice The 20 bytes at `_at` as an address.
    function readAddress(bytes calldata _input, uint256 _at) internal pure returns (address) {
        return address(bytes20(readBytes32(_input, _at)));
    }

    /// @notice The little-endian uint64 at `_at`.
    function readUint64(bytes calldata _input, uint256 _at) internal pure returns (uint64) {
        return reverse64(uint64(bytes8(readBytes32(_input, _at))));
    }

    /// @notice The little-endian uint32 at `_at`.
    function readUint32(bytes calldata _input, uint256 _at) internal pure returns (uint256) {
        uint256 word = uint32(bytes4(readBytes32(_input, _at)));
        return (word >> 24) | ((word >> 8) & 0xff00) | ((word << 8) & 0xff0000) | ((word << 24) & 0xff000000);
    }

    /// @notice The big-endian schema id in front of the SSZ bytes.
    function readSchemaId(bytes calldata _input) internal pure returns (uint16) {
        return uint16(bytes2(readBytes32(_input, Layout.SCHEMA_ID_AT)));
    }

    /// @notice The value with its eight bytes in the opposite order.
    function reverse64(uint64 _value) internal pure returns (uint64) {
        uint256 word = _value;
        word = ((word & 0xff00ff00ff00ff00) >> 8) | ((word & 0x00ff00ff00ff00ff) << 8);
        word = ((word & 0xffff0000ffff0000) >> 16) | ((word & 0x0000ffff0000ffff) << 16);
        return uint64((word >> 32) | (word << 32));
    }
}
