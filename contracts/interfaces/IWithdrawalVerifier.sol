// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a messenger needs from the withdrawal verifier
interface IWithdrawalVerifier {
    /// @notice Requires that a message hash is in the outbox of an L2 state.
    /// @return the outbox root that was proven
    function verifyWithdrawal(
        bytes32 stateRoot,
        bytes32 messageHash,
        uint64 index,
        bytes32[] calldata path,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external view returns (bytes32);
}
