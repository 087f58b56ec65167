// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {L1MessageReceiver} from "reenact/contracts/kit/L1MessageReceiver.sol";
import {L2MessageReceiver} from "reenact/contracts/kit/L2MessageReceiver.sol";
import {IL1Messenger} from "reenact/contracts/kit/interfaces/IL1Messenger.sol";

/// @title On L1: owns a counter on L2, and is told what it counts.
contract CounterOwner is L2MessageReceiver {
    address public counter;
    uint256 public reported;

    error CounterOwner_HasCounter();

    constructor(IL1Messenger l1Messenger) L2MessageReceiver(l1Messenger) {}

    function setCounter(address newCounter) external {
        if (counter != address(0)) revert CounterOwner_HasCounter();
        counter = newCounter;
    }

    /// The value minus the fee goes to the counter, and comes back with its report.
    function add(uint256 amount, uint256 fee) external payable {
        bytes memory data = abi.encodeCall(RemoteCounter.add, (amount));
        L1_MESSENGER.sendMessage{value: msg.value}(counter, fee, 1_000_000, data);
    }

    function report(uint256 count) external payable onlyL2(counter) {
        reported = count;
    }
}

/// @title On L2: counts for one contract on L1 only, and sends it the count with the value that came along.
contract RemoteCounter is L1MessageReceiver {
    address public immutable OWNER;
    uint256 public count;

    constructor(address owner) {
        OWNER = owner;
    }

    function add(uint256 amount) external payable onlyL1(OWNER) {
        count += amount;
        L2_MESSENGER.sendMessage{value: msg.value}(OWNER, 0, 500_000, abi.encodeCall(CounterOwner.report, (count)));
    }
}
