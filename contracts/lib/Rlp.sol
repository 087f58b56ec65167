// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Strict RLP over calldata
/// @notice Accepts canonical encodings only; every length is checked against the bytes that are there.
library Rlp {
    /// @notice The bytes are not canonical RLP of the wanted kind.
    error Rlp_Invalid();

    /// @notice The payload of a list that fills `_bytes` exactly.
    function listPayload(bytes calldata _bytes) internal pure returns (bytes calldata) {
        (uint256 header, uint256 length, bool list) = _header(_bytes, 0);
        if (!list || header + length != _bytes.length) revert Rlp_Invalid();
        return _bytes[header:];
    }

    /// @notice The payload of a string that fills `_bytes` exactly.
    function stringPayload(bytes calldata _bytes) internal pure returns (bytes calldata) {
        (uint256 header, uint256 length, bool list) = _header(_bytes, 0);
        if (list || header + length != _bytes.length) revert Rlp_Invalid();
        return _bytes[header:];
    }

    /// @notice Length in bytes, header included, of the item that begins at `_at`.
    function itemLength(bytes calldata _bytes, uint256 _at) internal pure returns (uint256) {
        (uint256 header, uint256 length,) = _header(_bytes, _at);
        return header + length;
    }

    /// @dev Header length, payload length and kind of the item at `_at`. A single byte has a header of length 0.
    function _header(bytes calldata _bytes, uint256 _at)
        private
        pure
        returns (uint256 header, uint256 length, bool list)
    {
        if (_at >= _bytes.length) revert Rlp_Invalid();
        uint256 available = _bytes.length - _at;
        uint256 word;
        assembly ("memory-safe") {
            word := calldataload(add(_bytes.offset, _at))
        }
        uint256 prefix = word >> 248;
        if (prefix < 0x80) return (0, 1, false);
        list = prefix >= 0xc0;
        length = prefix - (list ? 0xc0 : 0x80);
        if (length <= 55) {
            header = 1;
            // A single byte below 0x80 is its own encoding.
            if (prefix == 0x81 && (word >> 240) & 0xff < 0x80) revert Rlp_Invalid();
        } else {
            uint256 digits = length - 55;
            header = 1 + digits;
            if (header > available) revert Rlp_Invalid();
            // digits is 1 to 8
            length = (word << 8) >> (256 - 8 * digits);
            if (length <= 55 || length >> (8 * (digits - 1)) == 0) revert Rlp_Invalid();
        }
        if (length > available - header) revert Rlp_Invalid();
    }
}
