// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IL2Messenger} from "./interfaces/IL2Messenger.sol";
import {L2Addresses} from "./L2Addresses.sol";

/// @title Base of contracts on L2 that are called from L1
/// @notice A function with `onlyL1(sender)` runs only while a message that `sender` sent on L1 is delivered to this contract.
/// The ETH of the message is `msg.value`. When the function reverts, the message stays claimable and can be tried again.
abstract contract L1MessageReceiver {
    /// @notice The messenger of this chain, the same on every L2.
    IL2Messenger public constant L2_MESSENGER = IL2Messenger(L2Addresses.MESSENGER);

    /// @notice The call is not the delivery of a message from L1.
    /// @param caller who called instead of the messenger
    error L1MessageReceiver_NotMessenger(address caller);
    /// @notice Somebody else on L1 has sent the message.
    /// @param sender who sent it
    error L1MessageReceiver_WrongSender(address sender);

    /// @dev Requires a message of one account or contract of L1. Accounts of both chains with the same address need not be
    /// the same person: a contract at an address of L1 says nothing about that address here.
    /// @param sender address on L1
    modifier onlyL1(address sender) {
        _checkL1Sender(sender);
        _;
    }

    /// @dev Who has sent the message in delivery; reverts when this call is not one.
    /// @return address on L1
    function _l1Sender() internal view returns (address) {
        if (msg.sender != address(L2_MESSENGER)) revert L1MessageReceiver_NotMessenger(msg.sender);
        return L2_MESSENGER.l1Sender();
    }

    function _checkL1Sender(address sender) private view {
        address actual = _l1Sender();
        if (actual != sender) revert L1MessageReceiver_WrongSender(actual);
    }
}
