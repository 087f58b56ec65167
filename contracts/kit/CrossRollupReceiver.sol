// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ICrossMessenger} from "./interfaces/ICrossMessenger.sol";
import {L2Addresses} from "./L2Addresses.sol";

/// @title Base of contracts on L2 that are called from another rollup of the same L1, in one hop and without ETH
/// @notice A function with `onlyRollup(chainId, sender)` runs only while a message that `sender` sent on that rollup is
/// delivered. A chain id is worth as much trust as the rollup that holds it: name only those that exist. A message counts as
/// soon as its block is settled, whatever the finality delay of its rollup.
abstract contract CrossRollupReceiver {
    /// @notice The messenger between rollups, the same on every L2.
    ICrossMessenger public constant CROSS_MESSENGER = ICrossMessenger(L2Addresses.CROSS_MESSENGER);

    /// @notice The call is not the delivery of a message of another rollup.
    /// @param caller who called instead of the messenger
    error CrossRollupReceiver_NotMessenger(address caller);
    /// @notice Somebody else has sent the message.
    /// @param chainId chain id of the rollup it was sent on
    /// @param sender who sent it there
    error CrossRollupReceiver_WrongSender(uint64 chainId, address sender);

    /// @dev Requires a message of one account or contract of one rollup.
    /// @param chainId chain id of the rollup
    /// @param sender address there
    modifier onlyRollup(uint64 chainId, address sender) {
        _checkCrossSender(chainId, sender);
        _;
    }

    /// @dev Where the message in delivery comes from; reverts when this call is not one.
    /// @return chainId chain id of the rollup it was sent on
    /// @return sender who sent it there
    function _crossSender() internal view returns (uint64 chainId, address sender) {
        if (msg.sender != address(CROSS_MESSENGER)) revert CrossRollupReceiver_NotMessenger(msg.sender);
        return CROSS_MESSENGER.crossSender();
    }

    function _checkCrossSender(uint64 chainId, address sender) private view {
        (uint64 source, address actual) = _crossSender();
        if (source != chainId || actual != sender) revert CrossRollupReceiver_WrongSender(source, actual);
    }
}
