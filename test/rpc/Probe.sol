// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Something to call in tests of the RPC.
contract Probe {
    event Bumped(address indexed by, uint256 value);
    event Noted(uint256 indexed number) anonymous;

    error Probe_TooLarge(uint256 given, uint256 limit);

    uint256 public count;
    mapping(uint256 => uint256) public cells;

    constructor(uint256 start) {
        count = start;
    }

    function bump(uint256 by) external returns (uint256) {
        if (by > 100) revert Probe_TooLarge(by, 100);
        count += by;
        emit Bumped(msg.sender, count);
        return count;
    }

    function fill(uint256 n) external {
        for (uint256 i = 0; i < n; i++) cells[i] = i + 1;
    }

    function note(uint256 n) external {
        for (uint256 i = 0; i < n; i++) emit Noted(i);
    }

    function spin() external view returns (uint256 x) {
        while (gasleft() > 0) x++;
    }

    function failText() external pure {
        revert("no way");
    }

    function failPanic(uint256 divisor) external pure returns (uint256) {
        return 1 / divisor;
    }

    function failSilently() external pure {
        revert();
    }

    function context() external view returns (uint256 number, uint256 time, uint256 baseFee, bytes32 parent, address sender) {
        return (block.number, block.timestamp, block.basefee, blockhash(block.number - 1), msg.sender);
    }

    receive() external payable {}
}
