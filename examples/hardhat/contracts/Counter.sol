// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Something to deploy, call and listen to.
contract Counter {
    event Added(address indexed by, uint256 count);

    error Counter_Zero();

    uint256 public count;

    constructor(uint256 start) {
        count = start;
    }

    function add(uint256 by) external {
        if (by == 0) revert Counter_Zero();
        count += by;
        emit Added(msg.sender, count);
    }
}
