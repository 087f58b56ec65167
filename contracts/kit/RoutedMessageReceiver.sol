// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ICrossReceiver} from "./interfaces/ICrossReceiver.sol";
import {L1MessageReceiver} from "./L1MessageReceiver.sol";

/// @title Base of contracts on L2 that are called from other rollups by way of L1, with ETH
/// @notice Implement `_receiveMessage` and compare chain id and sender there: everybody on every rollup of that L1 can send. A
/// chain id is worth as much trust as the rollup that holds it: name only those that exist. Plain ETH, which the router
/// brings when a message has no data, needs a `receive` function.
abstract contract RoutedMessageReceiver is ICrossReceiver, L1MessageReceiver {
    /// @notice The L1Router that is believed where messages come from.
    address public immutable L1_ROUTER;

    /// @param l1Router address of the L1Router on L1; `rollup_config` tells it
    constructor(address l1Router) {
        L1_ROUTER = l1Router;
    }

    /// @inheritdoc ICrossReceiver
    function receiveCrossMessage(uint64 sourceChainId, address sourceSender, bytes calldata data)
        external
        payable
        onlyL1(L1_ROUTER)
    {
        _receiveMessage(sourceChainId, sourceSender, data);
    }

    /// @dev Gets a message; the ETH that comes with it is `msg.value`.
    /// @param sourceChainId chain id of the rollup it was sent on
    /// @param sourceSender who sent it there
    /// @param data what the sender wants to be told
    function _receiveMessage(uint64 sourceChainId, address sourceSender, bytes calldata data) internal virtual;
}
