// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {L1MessageReceiver} from "reenact/contracts/kit/L1MessageReceiver.sol";

/// @title A contract on L2 that is called from L1, and answers there
contract Doubler is L1MessageReceiver {
    /// @notice Sends twice the number to whoever sent the message on L1.
    /// @param number what to double
    function double(uint256 number) external {
        L2_MESSENGER.sendMessage(_l1Sender(), 0, 300_000, abi.encode(2 * number));
    }
}
