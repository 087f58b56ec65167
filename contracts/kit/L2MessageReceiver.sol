// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IL1Messenger} from "./interfaces/IL1Messenger.sol";

/// @title Base of contracts on L1 that are called from one L2
/// @notice A function with `onlyL2(sender)` runs only while a message that `sender` sent on that L2 is claimed. The ETH of
/// the message is `msg.value`. When the function reverts, the message stays claimable and can be tried again.
abstract contract L2MessageReceiver {
    /// @notice The messenger of the rollup that is heard.
    IL1Messenger public immutable L1_MESSENGER;

    /// @notice The call is not the delivery of a message from that L2.
    /// @param caller who called instead of the messenger
    error L2MessageReceiver_NotMessenger(address caller);
    /// @notice Somebody else on L2 has sent the message.
    /// @param sender who sent it
    error L2MessageReceiver_WrongSender(address sender);

    /// @dev Whoever can choose this address can send in the name of everybody on L2: take it from `rollup_config` or from a
    /// RollupFactory that is trusted.
    /// @param l1Messenger the L1Messenger of the rollup
    constructor(IL1Messenger l1Messenger) {
        L1_MESSENGER = l1Messenger;
    }

    /// @dev Requires a message of one account or contract of L2.
    /// @param sender address on L2
    modifier onlyL2(address sender) {
        _checkL2Sender(sender);
        _;
    }

    /// @dev Who has sent the message in delivery; reverts when this call is not one.
    /// @return address on L2
    function _l2Sender() internal view returns (address) {
        if (msg.sender != address(L1_MESSENGER)) revert L2MessageReceiver_NotMessenger(msg.sender);
        return L1_MESSENGER.l2Sender();
    }

    function _checkL2Sender(address sender) private view {
        address actual = _l2Sender();
        if (actual != sender) revert L2MessageReceiver_WrongSender(actual);
    }
}
