// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a token bridge needs from the messenger of its chain
interface IMessenger {
    /// @notice Sends a message to the other chain; the wei sent along minus the fee arrive with it.
    /// @param to who is called there
    /// @param fee wei for whoever claims the message
    /// @param gasLimit gas that the call gets there, state gas included
    /// @param data calldata of the call
    /// @return index position in this chain's tree
    function sendMessage(address to, uint256 fee, uint64 gasLimit, bytes calldata data)
        external
        payable
        returns (uint64 index);
}
