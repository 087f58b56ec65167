// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title What `reenact load` calls on both chains
/// @notice Work of one kind at a time, so that its cost can be told apart: storage that changes, or hashing.
contract LoadTarget {
    mapping(uint256 => uint256) private _slots; // slot 0

    /// @notice Slots changed.
    /// @param first the first one
    /// @param count how many, in a row
    event Touched(uint256 first, uint256 count);
    /// @notice Recipients exist.
    /// @param first the first one
    /// @param count how many, in a row
    event Endowed(uint256 first, uint256 count);

    /// @notice A recipient did not take the ETH, or the token kept what it should move.
    error LoadTarget_NotEndowed();

    /// @notice Gives a wei and a unit of a token, which this contract must hold, to recipients in a row, so that what is sent
    /// to them later finds accounts and balances that exist.
    /// @param _token an ERC-20 contract
    /// @param _first the first one
    /// @param _count how many
    function endow(IERC20 _token, uint256 _first, uint256 _count) external payable {
        emit Endowed(_first, _count);
        for (uint256 i = _first; i < _first + _count; ++i) {
            address to = recipient(i);
            (bool success,) = to.call{value: 1}("");
            if (!success || !_token.transfer(to, 1)) revert LoadTarget_NotEndowed();
        }
    }

    /// @notice Counts up slots in a row: new ones when they were never touched.
    /// @param _first the first one
    /// @param _count how many
    function touch(uint256 _first, uint256 _count) external {
        for (uint256 i = _first; i < _first + _count; ++i) {
            ++_slots[i];
        }
        emit Touched(_first, _count);
    }

    /// @notice How often a slot was touched.
    /// @param _index which one
    /// @return times
    function touched(uint256 _index) external view returns (uint256) {
        return _slots[_index];
    }

    /// @notice An account that nobody has the key of.
    /// @param _index which one
    /// @return the end of the index's hash
    function recipient(uint256 _index) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(_index)))));
    }

    /// @notice Hashes a digest again and again; touches no state.
    /// @param _rounds how often
    /// @return digest the last one
    function spin(uint256 _rounds) external pure returns (bytes32 digest) {
        for (uint256 i = 0; i < _rounds; ++i) {
            digest = keccak256(abi.encode(digest, i));
        }
    }
}
