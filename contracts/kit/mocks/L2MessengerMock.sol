// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IL1Messenger} from "../interfaces/IL1Messenger.sol";
import {IL2Messenger} from "../interfaces/IL2Messenger.sol";
import {IMessenger} from "../interfaces/IMessenger.sol";
import {InboxProof, Message} from "../interfaces/Types.sol";
import {MessengerMock} from "./MessengerMock.sol";

/// @title The L2Messenger, for unit tests in one EVM together with L1MessengerMock
/// @notice Put its code at L2Addresses.MESSENGER, give that address ETH as the reserve of deposits, and call `connect`. Messages
/// of L1 are delivered by `deliver` and `deliverAll`, or by the claims of IL2Messenger with any proof: whether the message
/// was sent, and before the root was proven, is looked up.
contract L2MessengerMock is IL2Messenger, MessengerMock {
    /// @inheritdoc IL2Messenger
    address public constant BEACON_ROOTS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;
    /// @inheritdoc IL2Messenger
    uint256 public constant ROOT_HISTORY = 64;

    address private _l1Messenger;
    uint64 private _l1ChainId;
    uint64 private _latestRootId;
    uint64 private _provenBlock;
    mapping(uint256 => bytes32) private _provenRoots;
    mapping(uint256 => uint64) private _provenCounts;

    /// @notice Says which messenger of L1 is the other side.
    /// @param l1 an L1MessengerMock
    function connect(IL1Messenger l1) external {
        _l1Messenger = address(l1);
        _l1ChainId = uint64(block.chainid);
    }

    /// @inheritdoc IMessenger
    function sendMessage(address to, uint256 fee, uint64 gasLimit, bytes calldata data)
        external
        payable
        returns (uint64 index)
    {
        bool bridgeCall = to == l1TokenBridge() && msg.sender != L2_TOKEN_BRIDGE;
        if (to == _l1Messenger || to == l1Rollup() || bridgeCall) revert Messages_ForbiddenTarget(to);
        return _send(to, fee, gasLimit, data, _l1().L2_CHAIN_ID(), _l1ChainId);
    }

    /// @inheritdoc IL2Messenger
    /// @dev Proves what the mock of L1 holds at this moment, whatever the arguments.
    function proveInbox(
        uint256, /* anchorTimestamp */
        bytes calldata, /* l1Header */
        bytes[] calldata, /* accountProof */
        bytes[] calldata /* storageProof */
    ) external returns (bytes32 root) {
        root = _l1().inboxRoot();
        if (root == 0) revert L2Messenger_EmptyInbox();
        uint64 id = _latestRootId;
        _provenBlock = uint64(block.number);
        if (id != 0 && _provenRoots[id] == root) return root;
        _latestRootId = ++id;
        _provenRoots[id] = root;
        _provenCounts[id] = _l1().inboxCount();
        emit InboxProven(id, root, _provenBlock);
    }

    /// @inheritdoc IL2Messenger
    function claim(Message calldata message, uint256 rootId, bytes32[] calldata, /* path */ address feeRecipient)
        external
        nonReentrant
    {
        provenRoot(rootId);
        _claim(message, _provenCounts[rootId], feeRecipient);
    }

    /// @inheritdoc IL2Messenger
    function claimWithProof(Message calldata message, InboxProof calldata, /* proof */ address feeRecipient)
        external
        nonReentrant
    {
        uint64 count = _peer().sentCount();
        if (count == 0) revert L2Messenger_EmptyInbox();
        _claim(message, count, feeRecipient);
    }

    /// @inheritdoc IL2Messenger
    function l1Sender() external view returns (address) {
        return _currentSender();
    }

    /// @inheritdoc IL2Messenger
    function provenRoot(uint256 rootId) public view returns (bytes32) {
        uint256 latest = _latestRootId;
        if (rootId == 0 || rootId > latest || latest - rootId >= ROOT_HISTORY) revert L2Messenger_UnknownRoot(rootId);
        return _provenRoots[rootId];
    }

    /// @inheritdoc IL2Messenger
    function latestRootId() external view returns (uint64) {
        return _latestRootId;
    }

    /// @inheritdoc IL2Messenger
    function provenBlock() external view returns (uint64) {
        return _provenBlock;
    }

    /// @inheritdoc IL2Messenger
    function l1Messenger() external view returns (address) {
        return _l1Messenger;
    }

    /// @inheritdoc IL2Messenger
    function l1Rollup() public view returns (address) {
        return _l1().ROLLUP();
    }

    /// @inheritdoc IL2Messenger
    function l1TokenBridge() public view returns (address) {
        return _l1().TOKEN_BRIDGE();
    }

    /// @inheritdoc IL2Messenger
    function l1ChainId() external view returns (uint64) {
        return _l1ChainId;
    }

    /// @inheritdoc IL2Messenger
    function outboxRoot() external view returns (bytes32) {
        return _outbox.root;
    }

    /// @inheritdoc IL2Messenger
    function outboxCount() external view returns (uint64) {
        return sentCount();
    }

    function _deliverSent(uint64 index, address feeRecipient) internal override nonReentrant {
        uint64 count = _peer().sentCount();
        if (index >= count) revert L2Messenger_NotInInbox();
        _claim(_peer().sentMessage(index), count, feeRecipient);
    }

    function _peer() internal view override returns (MessengerMock) {
        return MessengerMock(address(_l1()));
    }

    function _l1() private view returns (IL1Messenger) {
        if (_l1Messenger == address(0)) revert MessengerMock_NotConnected();
        return IL1Messenger(_l1Messenger);
    }

    /// @dev `count` messages are under the root that the claim names.
    function _claim(Message memory message, uint64 count, address feeRecipient) private {
        _markDelivered(message.index);
        bool sent = message.index < count && _same(_peer().sentMessage(message.index), message);
        if (!sent) revert L2Messenger_NotInInbox();
        _deliver(message, feeRecipient);
    }
}
