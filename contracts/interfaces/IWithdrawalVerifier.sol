// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a messenger needs from the withdrawal verifier
interface IWithdrawalVerifier {
    /// @notice Requires that a message hash is in the outbox of an L2 state.
    /// @param stateRoot L2 state root
    /// @param messageHash leaf of the outbox
    /// @param index index of the message in the outbox
    /// @param path siblings from the leaf upwards; zero subtrees above the last real one may be left out
    /// @param accountProof trie nodes from the state root to the L2 messenger
    /// @param storageProof trie nodes from its storage root to slot 0
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
