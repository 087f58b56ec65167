// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

/// @title Name, symbol and decimals of a token that may be hostile
/// @notice A token that has no such function, reverts, burns its gas, answers with megabytes or in the form of bytes32 cannot
/// make the reading fail: what is not usable is empty or zero, what is too long is cut.
library TokenMetadata {
    /// @dev Bytes of name and symbol.
    uint256 internal constant MAX_LENGTH = 64;
    /// @dev Gas for each question; the string behind a proxy needs about 20,000.
    uint256 internal constant CALL_GAS = 100_000;
    /// @dev Gas that must be there before a question: CALL_GAS, the 1/64 that stays behind, the access of a cold account.
    uint256 internal constant NEEDED_GAS = 110_000;
    /// @dev Bytes that are copied of an answer: offset, length, MAX_LENGTH bytes and the word with the byte after them.
    uint256 private constant ANSWER_LENGTH = 160;

    /// @notice The transaction has too little gas to give the token its chance to answer. Without this rule whoever makes
    /// the first deposit could choose its gas so that the token has no name on the other chain, for ever.
    error TokenMetadata_InsufficientGas();

    /// @notice What `ITokenBridge.finalizeMint` takes as metadata.
    /// @return `abi.encode(string name, string symbol, uint8 decimals)`
    function read(address _token) internal view returns (bytes memory) {
        return abi.encode(
            _text(_token, IERC20Metadata.name.selector), _text(_token, IERC20Metadata.symbol.selector), _decimals(_token)
        );
    }

    /// @dev An ABI string, cut to whole UTF-8 characters; or the bytes of a bytes32 up to the first zero.
    function _text(address _token, bytes4 _selector) private view returns (bytes memory) {
        (uint256 size, bytes memory answer) = _ask(_token, _selector);
        if (size == 32) {
            uint256 end;
            while (end < 32 && answer[end] != 0) ++end;
            return Bytes.slice(answer, 0, end);
        }
        if (size < 64 || _word(answer, 0) != 32) return "";
        uint256 length = _word(answer, 32);
        if (length > size - 64) length = size - 64;
        if (length > MAX_LENGTH) {
            length = MAX_LENGTH;
            while (length != 0 && answer[64 + length] & 0xc0 == 0x80) --length;
        }
        return Bytes.slice(answer, 64, 64 + length);
    }

    function _decimals(address _token) private view returns (uint8) {
        (uint256 size, bytes memory answer) = _ask(_token, IERC20Metadata.decimals.selector);
        uint256 value = _word(answer, 0);
        return size < 32 || value > type(uint8).max ? 0 : uint8(value);
    }

    /// @return size length of the whole answer, zero when the call failed
    /// @return answer its first bytes, zeros after them
    function _ask(address _token, bytes4 _selector) private view returns (uint256 size, bytes memory answer) {
        if (gasleft() < NEEDED_GAS) revert TokenMetadata_InsufficientGas();
        answer = new bytes(ANSWER_LENGTH);
        assembly ("memory-safe") {
            mstore(0x00, _selector)
            let ok := staticcall(CALL_GAS, _token, 0x00, 0x04, add(answer, 0x20), ANSWER_LENGTH)
            size := mul(ok, returndatasize())
        }
    }

    function _word(bytes memory _bytes, uint256 _position) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(_bytes, 0x20), _position))
        }
    }
}
