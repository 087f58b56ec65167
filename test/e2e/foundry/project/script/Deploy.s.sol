// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Counter} from "../src/Counter.sol";
import {vm} from "../src/Vm.sol";

/// @title Two transactions: a deployment and a call of what it made.
contract Deploy {
    function run() external returns (Counter counter) {
        vm.startBroadcast();
        counter = new Counter(20);
        counter.add(2);
        vm.stopBroadcast();
    }
}
