// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a contract on L2 implements to get messages of other rollups through L1Router
/// @notice The L2Messenger makes the call, so an implementation must require that `msg.sender` is the L2Messenger and that
/// its `l1Sender()` is the L1Router; only then are the arguments true. A chain id is worth as much trust as the rollup that
/// holds it: trust named chain ids only, and only those that exist.
interface ICrossReceiver {
    /// @notice Gets a message of another rollup; the ETH that comes with it is `msg.value`.
    /// @param sourceChainId chain id of the rollup it was sent on
    /// @param sourceSender who sent it there
    /// @param data what the sender wants to be told, at most 16,160 bytes
    function receiveCrossMessage(uint64 sourceChainId, address sourceSender, bytes calldata data) external payable;
}
