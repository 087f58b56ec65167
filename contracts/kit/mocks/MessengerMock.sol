// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IMessageBox} from "../interfaces/IMessageBox.sol";
import {IMessenger} from "../interfaces/IMessenger.sol";
import {Message} from "../interfaces/Types.sol";
import {L2Addresses} from "../L2Addresses.sol";
import {MessageBoxMock} from "./MessageBoxMock.sol";

/// @title What L1MessengerMock and L2MessengerMock share: two messengers in one EVM, so that a unit test has both chains
/// @notice What one of them sends waits until a test delivers it on the other one.
abstract contract MessengerMock is IMessenger, MessageBoxMock {
    /// @inheritdoc IMessenger
    address public constant L2_TOKEN_BRIDGE = L2Addresses.TOKEN_BRIDGE;

    Outbox internal _outbox;
    mapping(uint64 => bool) private _delivered;
    uint64 private _next;

    /// @notice There is not enough ETH here to deliver the message. On L2 that is the reserve of the messenger, which tests
    /// give it: `vm.deal` in Foundry, `setBalance` in Hardhat.
    /// @param balance wei that are here
    /// @param needed wei of value and fee
    error MessengerMock_InsufficientBalance(uint256 balance, uint256 needed);
    /// @notice The mocks of L1 and L2 do not know each other: call `connect` on the one of L2.
    error MessengerMock_NotConnected();

    /// @notice Delivers a message of the other chain; the caller gets its fee. Fails as a claim of it would.
    /// @param index position in the tree of the other chain
    function deliver(uint64 index) public {
        _deliverSent(index, msg.sender);
    }

    /// @notice Delivers all messages of the other chain that were not delivered, in their order; the caller gets the fees. If
    /// one fails, all do.
    /// @return count how many were delivered
    function deliverAll() external returns (uint256 count) {
        uint64 end = _peer().sentCount();
        uint64 index = _next;
        for (; index < end; ++index) {
            if (_delivered[index]) continue;
            deliver(index);
            ++count;
        }
        _next = index;
    }

    /// @notice A message that was sent from this chain.
    /// @param index position in the tree of this chain
    /// @return the message
    function sentMessage(uint64 index) external view returns (Message memory) {
        return _outbox.messages[index];
    }

    /// @notice Number of messages that were sent from this chain.
    /// @return the number; the next message has it as its index
    function sentCount() public view returns (uint64) {
        return uint64(_outbox.messages.length);
    }

    /// @inheritdoc IMessenger
    function delivered(uint64 index) external view returns (bool) {
        return _delivered[index];
    }

    /// @inheritdoc IMessageBox
    function branch() external view returns (bytes32[32] memory) {
        return _outbox.branch;
    }

    /// @dev Accepts msg.value as value plus fee.
    function _send(address to, uint256 fee, uint64 gasLimit, bytes calldata data, uint256 source, uint256 destination)
        internal
        returns (uint64 index)
    {
        if (fee > msg.value) revert Messages_FeeExceedsValue();
        Message memory message = Message(msg.sender, to, msg.value - fee, fee, gasLimit, data, 0);
        index = _append(_outbox, message, source, destination);
        emit MessageSent(index, msg.sender, to, message.value, fee, gasLimit, data);
    }

    /// @dev Marks a message before anything is called; a revert later undoes that too.
    function _markDelivered(uint64 index) internal {
        if (_delivered[index]) revert Messages_AlreadyDelivered(index);
        _delivered[index] = true;
    }

    /// @dev Calls the receiver of a message that is marked and known, then pays the fee.
    function _deliver(Message memory message, address feeRecipient) internal {
        uint256 needed = message.value + message.fee;
        if (address(this).balance < needed) revert MessengerMock_InsufficientBalance(address(this).balance, needed);
        _callReceiver(message);
        emit MessageDelivered(message.index, message.sender, message.to, feeRecipient);
        bool paid = message.fee == 0 || _call(gasleft(), feeRecipient, message.fee, "");
        if (!paid) revert Messages_FeePaymentFailed();
    }

    /// @dev Delivers a message that the other chain has sent.
    function _deliverSent(uint64 index, address feeRecipient) internal virtual;

    /// @dev The mock of the other chain.
    function _peer() internal view virtual returns (MessengerMock);
}
