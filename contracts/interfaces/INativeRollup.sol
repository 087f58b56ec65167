// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a messenger needs from its rollup
interface INativeRollup {
    /// @notice State root of a settled L2 block that is older than the finality delay.
    /// @param number L2 block number
    /// @return the state root
    function finalizedStateRootAt(uint64 number) external view returns (bytes32);
}
