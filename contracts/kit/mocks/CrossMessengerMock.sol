// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ICrossMessenger} from "../interfaces/ICrossMessenger.sol";
import {IMessageBox} from "../interfaces/IMessageBox.sol";
import {CrossProof, Message} from "../interfaces/Types.sol";
import {L2Addresses} from "../L2Addresses.sol";
import {MessageBoxMock} from "./MessageBoxMock.sol";

/// @title The CrossMessenger of every rollup at once, for unit tests in one EVM
/// @notice Put its code at L2Addresses.CROSS_MESSENGER. It is the messenger of the rollup whose chain id `block.chainid` is:
/// `vm.chainId` in Foundry goes from one to another. Where the chain id cannot be changed, `sendFrom` sends in the name of
/// somebody on another rollup. Settlement is not modelled; a test delivers when it wants to.
contract CrossMessengerMock is ICrossMessenger, MessageBoxMock {
    /// @inheritdoc ICrossMessenger
    address public constant L2_MESSENGER = L2Addresses.MESSENGER;

    mapping(uint256 => Outbox) private _outboxes;
    mapping(uint256 => mapping(uint256 => uint64)) private _destinations;
    mapping(uint256 => mapping(uint256 => mapping(uint256 => bool))) private _delivered;
    uint64 private _l1ChainId;
    uint64 private _source;

    /// @notice Says which chain is L1; messages to it are refused.
    /// @param l1ChainId_ chain id of L1
    function setL1ChainId(uint64 l1ChainId_) external {
        _l1ChainId = l1ChainId_;
    }

    /// @inheritdoc ICrossMessenger
    function sendMessage(uint64 destinationChainId, address to, uint64 gasLimit, bytes calldata data)
        external
        returns (uint64 index)
    {
        index = _sendFrom(uint64(block.chainid), destinationChainId, msg.sender, to, gasLimit, data);
        emit CrossMessageSent(index, msg.sender, destinationChainId, to, gasLimit, data);
    }

    /// @notice A message to this chain, sent on another rollup.
    /// @param sourceChainId chain id of that rollup
    /// @param sender who sends it there
    /// @param to who is called here
    /// @param gasLimit gas that the call gets
    /// @param data calldata of the call
    /// @return index position in the outbox of that rollup
    function sendFrom(uint64 sourceChainId, address sender, address to, uint64 gasLimit, bytes calldata data)
        external
        returns (uint64 index)
    {
        return _sendFrom(sourceChainId, uint64(block.chainid), sender, to, gasLimit, data);
    }

    /// @notice Delivers a message of another rollup to this one. Fails as a claim of it would.
    /// @param sourceChainId chain id of the rollup it was sent on
    /// @param index position in the outbox there
    function deliver(uint64 sourceChainId, uint64 index) external nonReentrant {
        Outbox storage outbox = _outboxes[sourceChainId];
        if (index >= outbox.messages.length) revert CrossMessenger_NotInOutbox();
        _claim(outbox.messages[index], sourceChainId);
    }

    /// @inheritdoc ICrossMessenger
    function claim(Message calldata message, CrossProof calldata proof) external nonReentrant {
        _claim(message, proof.sourceChainId);
    }

    /// @notice A message that was sent to another rollup.
    /// @param sourceChainId chain id of the rollup it was sent on
    /// @param index position in the outbox there
    /// @return message the message
    /// @return destinationChainId chain id of the rollup it is for
    function sentMessage(uint64 sourceChainId, uint64 index)
        external
        view
        returns (Message memory message, uint64 destinationChainId)
    {
        return (_outboxes[sourceChainId].messages[index], _destinations[sourceChainId][index]);
    }

    /// @inheritdoc ICrossMessenger
    function crossSender() external view returns (uint64 chainId, address sender) {
        return (_source, _currentSender());
    }

    /// @inheritdoc ICrossMessenger
    function delivered(uint64 sourceChainId, uint64 index) external view returns (bool) {
        return _delivered[block.chainid][sourceChainId][index];
    }

    /// @inheritdoc ICrossMessenger
    function outboxRoot() external view returns (bytes32) {
        return _outboxes[block.chainid].root;
    }

    /// @inheritdoc ICrossMessenger
    function outboxCount() external view returns (uint64) {
        return uint64(_outboxes[block.chainid].messages.length);
    }

    /// @inheritdoc IMessageBox
    function branch() external view returns (bytes32[32] memory) {
        return _outboxes[block.chainid].branch;
    }

    /// @inheritdoc ICrossMessenger
    /// @dev There is none: every chain id is a rollup that is heard.
    function factory() external pure returns (address) {
        return address(0);
    }

    /// @inheritdoc ICrossMessenger
    function l1ChainId() external view returns (uint64) {
        return _l1ChainId;
    }

    function _sendFrom(
        uint64 source,
        uint64 destination,
        address sender,
        address to,
        uint64 gasLimit,
        bytes calldata data
    ) private returns (uint64 index) {
        if (destination == source || destination == _l1ChainId) revert CrossMessenger_ForbiddenDestination(destination);
        _requireAllowed(to);
        index = _append(_outboxes[source], Message(sender, to, 0, 0, gasLimit, data, 0), source, destination);
        _destinations[source][index] = destination;
    }

    function _claim(Message memory message, uint64 source) private {
        if (_delivered[block.chainid][source][message.index]) revert Messages_AlreadyDelivered(message.index);
        _delivered[block.chainid][source][message.index] = true;
        if (message.value != 0 || message.fee != 0) revert CrossMessenger_CarriesValue();
        _requireAllowed(message.to);
        bool isForHere = _destinations[source][message.index] == block.chainid;
        if (!isForHere || !_isIn(_outboxes[source], message)) revert CrossMessenger_NotInOutbox();
        _source = source;
        _callReceiver(message);
        _source = 0;
        emit CrossMessageDelivered(source, message.index, message.sender, message.to);
    }

    function _requireAllowed(address to) private view {
        if (to == address(this) || to == L2_MESSENGER) revert Messages_ForbiddenTarget(to);
    }
}
