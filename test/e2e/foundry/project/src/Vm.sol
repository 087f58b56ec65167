// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The cheatcodes that are used here, at the address where forge has them.
interface Vm {
    function activeFork() external view returns (uint256);
    function createSelectFork(string calldata url) external returns (uint256);
    function createSelectFork(string calldata url, uint256 number) external returns (uint256);
    function deal(address account, uint256 balance) external;
    function envAddress(string calldata name) external view returns (address);
    function envString(string calldata name) external view returns (string memory);
    function envUint(string calldata name) external view returns (uint256);
    function expectRevert(bytes4 selector) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function prank(address sender) external;
    function rollFork(uint256 number) external;
    function rpc(string calldata method, string calldata params) external returns (bytes memory);
    function startBroadcast() external;
    function stopBroadcast() external;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
