// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IMessageBox} from "../interfaces/IMessageBox.sol";
import {Message} from "../interfaces/Types.sol";

/// @title What the mocks of all messengers share: outboxes, the gas of a delivery and the sender context
/// @notice Messages are kept as a whole and nothing is proven; everything else is as in the real messengers, Merkle root of the
/// outbox included. Works with every compiler from 0.8.20 on and every EVM version: no transient storage.
abstract contract MessageBoxMock is IMessageBox {
    /// @dev The messages sent from one chain, and the tree over them.
    struct Outbox {
        bytes32 root;
        bytes32[32] branch;
        Message[] messages;
    }

    bytes32 private constant TAG = keccak256("reenact.message.v1");
    uint256 private constant MAX_DATA_LENGTH = 16_384;
    uint256 private constant CALL_OVERHEAD = 40_000;

    /// @inheritdoc IMessageBox
    uint64 public constant MAX_MESSAGE_GAS = 8_000_000;

    bool private _entered;
    address private _context;
    address private _receiver;

    /// @dev One delivery at a time, as in the real messengers.
    modifier nonReentrant() {
        if (_entered) revert ReentrancyGuardReentrantCall();
        _entered = true;
        _;
        _entered = false;
    }

    /// @dev Refuses what a messenger refuses, then appends the message to its outbox.
    /// @param message with everything but its index
    /// @return index position in the outbox
    function _append(Outbox storage outbox, Message memory message, uint256 source, uint256 destination)
        internal
        returns (uint64 index)
    {
        if (message.gasLimit > MAX_MESSAGE_GAS) revert Messages_GasLimitTooHigh();
        if (message.gasLimit == 0) revert Messages_GasLimitTooLow();
        if (message.data.length > MAX_DATA_LENGTH) revert Messages_DataTooLong();
        index = uint64(outbox.messages.length);
        message.index = index;
        outbox.messages.push(message);
        _push(outbox, _leaf(message, source, destination));
    }

    /// @dev Calls the receiver with exactly the message's gas limit; meanwhile it may ask for the sender.
    function _callReceiver(Message memory message) internal {
        _context = message.sender;
        _receiver = message.to;
        uint256 available = gasleft();
        if (available < CALL_OVERHEAD || (available - CALL_OVERHEAD) * 63 / 64 < message.gasLimit) {
            revert Messages_InsufficientGas();
        }
        if (!_call(message.gasLimit, message.to, message.value, message.data)) {
            revert Messages_DeliveryFailed();
        }
        _context = address(0);
        _receiver = address(0);
    }

    /// @dev A call that ignores return data.
    function _call(uint256 gas_, address to, uint256 value, bytes memory data) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(gas_, to, value, add(data, 0x20), mload(data), 0x00, 0x00)
        }
    }

    /// @dev The sender of the message in delivery, for its receiver only.
    function _currentSender() internal view returns (address) {
        if (_receiver == address(0) || msg.sender != _receiver) revert Messages_NoMessage();
        return _context;
    }

    /// @dev True when this message, to the byte, is in the outbox.
    function _isIn(Outbox storage outbox, Message memory message) internal view returns (bool) {
        if (message.index >= outbox.messages.length) return false;
        return _same(outbox.messages[message.index], message);
    }

    function _same(Message memory a, Message memory b) internal pure returns (bool) {
        return keccak256(abi.encode(a)) == keccak256(abi.encode(b));
    }

    function _push(Outbox storage outbox, bytes32 leaf) private {
        uint256 index = outbox.messages.length - 1;
        bytes32 node = leaf;
        bytes32 zero;
        bool kept;
        for (uint256 level = 0; level < 32; ++level) {
            if ((index >> level) & 1 == 1) {
                node = keccak256(abi.encode(outbox.branch[level], node));
            } else {
                // The first zero bit: what has been built so far is a left sibling from now on.
                if (!kept) outbox.branch[level] = node;
                kept = true;
                node = keccak256(abi.encode(node, zero));
            }
            zero = keccak256(abi.encode(zero, zero));
        }
        outbox.root = node;
    }

    /// @dev Ten words, in two parts because older code generators reach only so far down the stack.
    function _leaf(Message memory message, uint256 source, uint256 destination) private pure returns (bytes32) {
        bytes memory start = abi.encode(TAG, source, destination, message.sender, message.to);
        bytes memory end =
            abi.encode(message.value, message.fee, message.gasLimit, keccak256(message.data), message.index);
        return keccak256(bytes.concat(start, end));
    }
}
