// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";

/// @title Where a RollupFactory puts the contracts of a chain id
/// @notice They depend on the factory and the chain id only (CREATE3). Nobody but the factory can put code there, and it
/// puts there only what it was built with.
library RollupAddresses {
    /// @notice The NativeRollup of a chain id.
    function rollup(address _factory, uint64 _chainId) internal pure returns (address) {
        return Create3.computeAddress(salt(_chainId, "rollup"), _factory);
    }

    /// @notice The L1Messenger of a chain id.
    function messenger(address _factory, uint64 _chainId) internal pure returns (address) {
        return Create3.computeAddress(salt(_chainId, "messenger"), _factory);
    }

    /// @notice The L1 token bridge of a chain id.
    function bridge(address _factory, uint64 _chainId) internal pure returns (address) {
        return Create3.computeAddress(salt(_chainId, "bridge"), _factory);
    }

    /// @notice The CREATE3 salt of one contract of a chain id.
    /// @param _role "rollup", "messenger" or "bridge"
    function salt(uint64 _chainId, bytes32 _role) internal pure returns (bytes32) {
        return keccak256(abi.encode(_chainId, _role));
    }
}
