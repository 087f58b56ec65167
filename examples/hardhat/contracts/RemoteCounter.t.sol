// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Execute, ExecuteResult} from "reenact/contracts/kit/Execute.sol";
import {L1MessageReceiver} from "reenact/contracts/kit/L1MessageReceiver.sol";
import {IMessageBox} from "reenact/contracts/kit/interfaces/IMessageBox.sol";
import {MockRollup, RollupMocks} from "reenact/contracts/kit/mocks/MockRollup.sol";
import {CounterOwner, RemoteCounter} from "./RemoteCounter.sol";

/// @title Both chains in one EVM: for `forge test`, and for `hardhat test solidity`.
contract RemoteCounterTest {
    RollupMocks private rollup;
    CounterOwner private owner;
    RemoteCounter private counter;

    function setUp() public {
        rollup = MockRollup.install();
        owner = new CounterOwner(rollup.l1);
        counter = new RemoteCounter(address(owner));
        owner.setCounter(address(counter));
    }

    /// Whoever delivers a message gets its fee.
    receive() external payable {}

    function test_countsAndReports() public {
        owner.add{value: 1 ether}(7, 0.1 ether);
        require(counter.count() == 0, "nothing arrives by itself");
        rollup.l2.deliverAll();
        require(counter.count() == 7, "count");
        rollup.l1.deliverAll();
        require(owner.reported() == 7, "report");
        require(address(owner).balance == 0.9 ether, "the value came back");
    }

    function test_refusesCallsThatAreNoMessages() public {
        try counter.add(1) {
            revert("anybody may add");
        } catch (bytes memory reason) {
            require(bytes4(reason) == L1MessageReceiver.L1MessageReceiver_NotMessenger.selector, "reason");
        }
    }

    function test_refusesMessagesOfOthers() public {
        uint64 index = rollup.l1.sendMessage(address(counter), 0, 1_000_000, abi.encodeCall(counter.add, (1)));
        try rollup.l2.deliver(index) {
            revert("anybody on L1 may add");
        } catch (bytes memory reason) {
            require(bytes4(reason) == IMessageBox.Messages_DeliveryFailed.selector, "reason");
        }
        require(!rollup.l2.delivered(index), "it stays claimable");
    }

    function test_executesBlocks() public {
        bytes memory input = abi.encodePacked(Execute.SCHEMA_ID, new bytes(600));
        require(this.execute(input).requestRoot == keccak256(input), "every input is valid");
        rollup.execute.refuse(keccak256(input));
        try this.execute{gas: 1_000_000}(input) {
            revert("it is refused");
        } catch (bytes memory reason) {
            require(bytes4(reason) == Execute.Execute_Refused.selector, "reason");
        }
    }

    function execute(bytes memory input) external view returns (ExecuteResult memory) {
        return Execute.run(input);
    }
}
