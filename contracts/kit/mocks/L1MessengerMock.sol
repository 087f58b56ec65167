// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IL1Messenger} from "../interfaces/IL1Messenger.sol";
import {IMessenger} from "../interfaces/IMessenger.sol";
import {Message} from "../interfaces/Types.sol";
import {L2Addresses} from "../L2Addresses.sol";
import {L2MessengerMock} from "./L2MessengerMock.sol";
import {MessengerMock} from "./MessengerMock.sol";

/// @title The L1Messenger of a rollup, for unit tests in one EVM together with L2MessengerMock
/// @notice Messages of L2 are delivered by `deliver` and `deliverAll`, or by `claim` with any proof: whether the message was
/// sent is looked up. Settlement and finality are not modelled; a test delivers when it wants to.
contract L1MessengerMock is IL1Messenger, MessengerMock {
    /// @inheritdoc IL1Messenger
    address public constant L2_MESSENGER = L2Addresses.MESSENGER;
    /// @inheritdoc IL1Messenger
    address public constant VERIFIER = address(0);

    /// @inheritdoc IL1Messenger
    address public immutable ROLLUP;
    /// @inheritdoc IL1Messenger
    address public immutable TOKEN_BRIDGE;
    /// @inheritdoc IL1Messenger
    uint64 public immutable L2_CHAIN_ID;
    /// @inheritdoc IL1Messenger
    uint256 public immutable BACKING;

    uint256 private _totalIn;
    uint256 private _totalOut;

    /// @notice The value sent along is BACKING: what may be withdrawn beside what was deposited.
    /// @param rollup a NativeRollup, or any address where a test needs none
    /// @param tokenBridge an L1TokenBridge, or any address where a test needs none
    /// @param l2ChainId chain id of the L2
    constructor(address rollup, address tokenBridge, uint64 l2ChainId) payable {
        ROLLUP = rollup;
        TOKEN_BRIDGE = tokenBridge;
        L2_CHAIN_ID = l2ChainId;
        BACKING = msg.value;
    }

    /// @inheritdoc IMessenger
    function sendMessage(address to, uint256 fee, uint64 gasLimit, bytes calldata data)
        external
        payable
        returns (uint64 index)
    {
        bool bridgeCall = to == L2_TOKEN_BRIDGE && msg.sender != TOKEN_BRIDGE;
        if (to == L2_MESSENGER || bridgeCall) revert Messages_ForbiddenTarget(to);
        _totalIn += msg.value;
        return _send(to, fee, gasLimit, data, block.chainid, L2_CHAIN_ID);
    }

    /// @inheritdoc IL1Messenger
    function claim(
        Message calldata message,
        bytes32[] calldata, /* path */
        uint64, /* l2Block */
        bytes[] calldata, /* accountProof */
        bytes[] calldata, /* storageProof */
        address feeRecipient
    ) external nonReentrant {
        _claim(message, feeRecipient);
    }

    /// @inheritdoc IL1Messenger
    function l2Sender() external view returns (address) {
        return _currentSender();
    }

    /// @inheritdoc IL1Messenger
    function inboxRoot() external view returns (bytes32) {
        return _outbox.root;
    }

    /// @inheritdoc IL1Messenger
    function inboxCount() external view returns (uint64) {
        return sentCount();
    }

    /// @inheritdoc IL1Messenger
    function totalIn() external view returns (uint256) {
        return _totalIn;
    }

    /// @inheritdoc IL1Messenger
    function totalOut() external view returns (uint256) {
        return _totalOut;
    }

    function _deliverSent(uint64 index, address feeRecipient) internal override nonReentrant {
        if (index >= _peer().sentCount()) revert WithdrawalVerifier_NotInOutbox();
        _claim(_peer().sentMessage(index), feeRecipient);
    }

    function _peer() internal view override returns (MessengerMock) {
        if (L2_MESSENGER.code.length == 0) revert MessengerMock_NotConnected();
        return L2MessengerMock(L2_MESSENGER);
    }

    function _claim(Message memory message, address feeRecipient) private {
        _markDelivered(message.index);
        MessengerMock peer = _peer();
        bool sent = message.index < peer.sentCount() && _same(peer.sentMessage(message.index), message);
        if (!sent) revert WithdrawalVerifier_NotInOutbox();
        _totalOut += message.value + message.fee;
        if (_totalOut > _totalIn + BACKING) revert L1Messenger_EscrowExceeded();
        _deliver(message, feeRecipient);
    }
}
