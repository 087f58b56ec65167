// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Counter} from "../src/Counter.sol";
import {vm} from "../src/Vm.sol";

/// @title Runs on a fork of a chain on which Counter was deployed with 7 and 5 was added a block later.
contract ForkTest {
    Counter private counter;
    address private constant RICH = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;

    function setUp() public {
        counter = Counter(vm.envAddress("COUNTER"));
    }

    function test_readsTheChain() public view {
        require(block.chainid == vm.envUint("CHAIN_ID"), "chain id");
        require(block.number == vm.envUint("HEAD"), "number");
        require(RICH.balance > 900 ether, "balance");
        require(counter.count() == 12, "count");
        require(uint256(vm.load(address(counter), 0)) == 12, "storage");
        require(blockhash(block.number - 1) != 0, "hash of the parent");
    }

    function test_changesItsOwnCopy() public {
        vm.prank(RICH);
        counter.add(30);
        require(counter.count() == 42, "count");
        vm.deal(address(this), 3 ether);
        (bool sent,) = address(0xbeef).call{value: 1 ether}("");
        require(sent && address(0xbeef).balance == 1 ether, "transfer");
    }

    function test_expectsReverts() public {
        vm.expectRevert(Counter.Counter_Zero.selector);
        counter.add(0);
    }

    function test_deploys() public {
        require(new Counter(3).count() == 3, "count");
    }

    function test_rollsBack() public {
        vm.rollFork(vm.envUint("HEAD") - 1);
        require(counter.count() == 7, "count before");
        vm.rollFork(vm.envUint("HEAD"));
        require(counter.count() == 12, "count now");
    }

    function test_forksTheOtherChain() public {
        vm.createSelectFork(vm.envString("OTHER_URL"));
        require(block.chainid == vm.envUint("OTHER_CHAIN_ID"), "chain id");
        require(RICH.balance > 900 ether, "balance");
        require(address(counter).code.length > 0, "same nonce, same address");
    }

    function test_asksTheNode() public {
        require(bytes32(vm.rpc("eth_getStorageAt", string.concat("[\"", hexOf(address(counter)), "\",\"0x0\",\"latest\"]"))) == bytes32(uint256(12)), "rpc");
    }

    function hexOf(address account) private pure returns (string memory) {
        bytes memory digits = "0123456789abcdef";
        bytes memory text = new bytes(42);
        (text[0], text[1]) = ("0", "x");
        for (uint256 i = 0; i < 40; i++) text[41 - i] = digits[(uint160(account) >> (4 * i)) & 15];
        return string(text);
    }
}
