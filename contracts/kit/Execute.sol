// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @notice What EXECUTE answers when it accepts a block.
/// @param requestRoot hash_tree_root of the new payload request that was in the input
/// @param success always true in what EXECUTE returns; a block that is refused has no result
/// @param chainId chain id in the input
/// @param schemaId schema id of the input
struct ExecuteResult {
    bytes32 requestRoot;
    bool success;
    uint64 chainId;
    uint16 schemaId;
}

/// @title Calls of the EXECUTE precompile of L1, for contracts that settle blocks themselves
/// @notice EXECUTE re-executes one L2 block. It says that the block is valid, and nothing about which block it should be:
/// parent, number, timestamp, gas limit, anchor and randao are for the caller to compare, in the very bytes that it passes on.
library Execute {
    /// @dev EIP-8079 leaves the address open.
    address internal constant PRECOMPILE = address(0x0101);
    /// @dev First two bytes of an input.
    uint16 internal constant SCHEMA_ID = 0x1501;
    /// @dev Bytes: root (32), success (1), chain id (8, little-endian), schema id (2, little-endian).
    uint256 internal constant RESULT_LENGTH = 43;

    /// @notice EXECUTE refused the input, ran out of gas, or is not there.
    error Execute_Refused();
    /// @notice The bytes are not a result.
    error Execute_BadResult();

    /// @notice Executes a block; reverts when it is not valid. A refusal takes all the gas that was passed on: keep enough
    /// beside it when you go on after one.
    /// @param input StatelessInput: schema id (2 bytes), then SSZ
    /// @return what EXECUTE answers
    function run(bytes memory input) internal view returns (ExecuteResult memory) {
        (bool ok, bytes memory output) = PRECOMPILE.staticcall(input);
        // An address without code answers with an empty success.
        if (!ok || output.length != RESULT_LENGTH) revert Execute_Refused();
        ExecuteResult memory result = decode(output);
        if (!result.success) revert Execute_Refused();
        return result;
    }

    /// @notice Reads the 43 bytes that EXECUTE returns.
    /// @param output what it returned
    /// @return result the fields
    function decode(bytes memory output) internal pure returns (ExecuteResult memory result) {
        if (output.length != RESULT_LENGTH || uint8(output[32]) > 1) revert Execute_BadResult();
        bytes32 tail;
        bytes32 root;
        assembly ("memory-safe") {
            root := mload(add(output, 0x20))
            tail := mload(add(output, 0x40))
        }
        result.requestRoot = root;
        result.success = output[32] != 0;
        result.chainId = reverse(uint64(uint256(tail) >> 184), 8);
        result.schemaId = uint16(reverse(uint64(uint16(uint256(tail) >> 168)), 2));
    }

    /// @notice Writes the 43 bytes that EXECUTE would return.
    /// @param result the fields
    /// @return the bytes
    function encode(ExecuteResult memory result) internal pure returns (bytes memory) {
        bytes8 chainId = bytes8(reverse(result.chainId, 8));
        bytes2 schemaId = bytes2(uint16(reverse(result.schemaId, 2)));
        return abi.encodePacked(result.requestRoot, result.success, chainId, schemaId);
    }

    /// @notice The same bytes in the other order: SSZ is little-endian.
    /// @param value big-endian
    /// @param size how many of its bytes count
    /// @return reversed the number of the same bytes read from the other end
    function reverse(uint64 value, uint256 size) internal pure returns (uint64 reversed) {
        for (uint256 i = 0; i < size; ++i) {
            reversed = (reversed << 8) | ((value >> (8 * i)) & 0xff);
        }
    }
}
