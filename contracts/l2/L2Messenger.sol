// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {L1Anchor} from "../lib/L1Anchor.sol";
import {MessageTree} from "../lib/MessageTree.sol";
import {Message, Messages} from "../lib/Messages.sol";
import {Messenger} from "../lib/Messenger.sol";
import {Mpt} from "../lib/Mpt.sol";

/// @notice How the inbox of L1 is proven, and a message in it.
/// @param anchorTimestamp timestamp of the L2 block (up to 8,191 seconds back) whose anchor is used
/// @param l1Header RLP of the L1 header whose hash is that anchor
/// @param accountProof trie nodes from the header's state root to the L1 messenger
/// @param storageProof trie nodes from its storage root to slot 0
/// @param path siblings in the inbox from the leaf upwards; zero subtrees above the last real one may be left out
struct InboxProof {
    uint256 anchorTimestamp;
    bytes l1Header;
    bytes[] accountProof;
    bytes[] storageProof;
    bytes32[] path;
}

/// @title Inbox, outbox and ETH reserve on L2
/// @notice Lies in the L2 genesis at 0x8079000000000000000000000000000000000001 with a supply that no L1 deposit can
/// exhaust, and without a constructor: genesis writes slots 35, 101 and 102. A message from L1 is claimed under an inbox
/// root that was proven from an L1 header, whose hash is the anchor that the EIP-4788 contract keeps.
contract L2Messenger is Messenger {
    /// @notice The EIP-4788 contract.
    address public constant BEACON_ROOTS = L1Anchor.BEACON_ROOTS;
    /// @notice Address of the token bridge on L2.
    address public constant L2_TOKEN_BRIDGE = 0x8079000000000000000000000000000000000002;
    /// @notice How many proven inbox roots are kept.
    uint256 public constant ROOT_HISTORY = 64;
    /// @notice Highest gas limit of a message to L1.
    uint64 public constant MAX_MESSAGE_GAS = Messages.MAX_GAS;

    address private _l1Messenger; // slot 35, low 20 bytes
    uint64 private _l1ChainId; // slot 35, the 8 bytes above
    bytes32[64] private _provenRoots; // slots 36 to 99, id mod 64
    uint64 private _latestRootId; // slot 100
    uint64 private _provenBlock; // slot 100
    address private _l1Rollup; // slot 101
    address private _l1TokenBridge; // slot 102

    /// @notice A newer inbox root was proven.
    /// @param rootId number under which messages are claimed, from 1
    /// @param root inbox root of the L1 messenger
    /// @param l1Block L1 block whose state holds it
    event InboxProven(uint256 indexed rootId, bytes32 root, uint64 l1Block);

    /// @notice The header is older than the newest one that was proven.
    error L2Messenger_StaleHeader();
    /// @notice No message was ever sent on L1.
    error L2Messenger_EmptyInbox();
    /// @notice The root was never proven or is not one of the last 64.
    /// @param rootId the number that was given
    error L2Messenger_UnknownRoot(uint256 rootId);
    /// @notice The message is not under that inbox root.
    error L2Messenger_NotInInbox();

    // What the libraries refuse a header or a proof with, declared here so that this contract's ABI names it.

    /// @notice EIP-4788 has no anchor for that timestamp.
    error L1Anchor_Unknown();
    /// @notice The bytes are not the anchor's header.
    error L1Anchor_WrongHeader();
    /// @notice A state proof does not lead from the state root to the inbox root.
    error Mpt_InvalidProof();
    /// @notice A header or proof node is not canonical RLP.
    error Rlp_Invalid();

    /// @notice Sends a message to L1; the ETH sent along minus the fee arrives with it. What L1 would not deliver is refused.
    /// @param _to who is called on L1; not the messenger or the rollup, and the token bridge only for L2_TOKEN_BRIDGE
    /// @param _fee wei for whoever claims the message on L1
    /// @param _gasLimit gas that the call gets on L1, state gas included; 1 to MAX_MESSAGE_GAS
    /// @param _data calldata, at most 16 KiB
    /// @return index position in the outbox
    function sendMessage(address _to, uint256 _fee, uint64 _gasLimit, bytes calldata _data)
        external
        payable
        returns (uint64 index)
    {
        bool bridgeCall = _to == _l1TokenBridge && msg.sender != L2_TOKEN_BRIDGE;
        if (_to == _l1Messenger || _to == _l1Rollup || bridgeCall) revert Messages.Messages_ForbiddenTarget(_to);
        return _send(_to, _fee, _gasLimit, _data, MAX_MESSAGE_GAS, _l1ChainId);
    }

    /// @notice Learns the inbox root from an L1 header. Anyone may call it; a root that is known already is not stored
    /// again, and older headers are refused, so that nobody can push roots out of the ring.
    /// @param _anchorTimestamp timestamp of the L2 block (up to 8,191 seconds back) whose anchor is used
    /// @param _l1Header RLP of the L1 header whose hash is that anchor
    /// @param _accountProof trie nodes from the header's state root to the L1 messenger
    /// @param _storageProof trie nodes from its storage root to slot 0
    /// @return root the inbox root; claim under `latestRootId()`
    function proveInbox(
        uint256 _anchorTimestamp,
        bytes calldata _l1Header,
        bytes[] calldata _accountProof,
        bytes[] calldata _storageProof
    ) external returns (bytes32 root) {
        (bytes32 stateRoot, uint64 number) = L1Anchor.stateAt(_anchorTimestamp, _l1Header);
        if (number < _provenBlock) revert L2Messenger_StaleHeader();
        root = _inboxRoot(stateRoot, _accountProof, _storageProof);
        uint64 id = _latestRootId;
        _provenBlock = number;
        if (id != 0 && _provenRoots[id % ROOT_HISTORY] == root) return root;
        _latestRootId = ++id;
        _provenRoots[id % ROOT_HISTORY] = root;
        emit InboxProven(id, root, number);
    }

    /// @notice Delivers a message from L1; anyone may call it, for ever, until it succeeds once.
    /// @param _message the message as L1's MessageSent shows it
    /// @param _rootId one of the last 64 proven roots
    /// @param _path siblings in the inbox from the leaf upwards; zero subtrees above the last real one may be left out
    /// @param _feeRecipient who gets the message's fee
    function claim(Message calldata _message, uint256 _rootId, bytes32[] calldata _path, address _feeRecipient)
        external
        nonReentrant
    {
        _claim(_message, provenRoot(_rootId), _path, _feeRecipient);
    }

    /// @notice Delivers a message from L1 under a root that is proven in the same call and not stored. It costs more than
    /// `proveInbox` once for many claims, but nothing that others do in between can make it fail: neither a newer header nor
    /// 64 newer roots. This is what a forced transaction should call.
    /// @param _message the message as L1's MessageSent shows it
    /// @param _proof see InboxProof
    /// @param _feeRecipient who gets the message's fee
    function claimWithProof(Message calldata _message, InboxProof calldata _proof, address _feeRecipient)
        external
        nonReentrant
    {
        (bytes32 stateRoot,) = L1Anchor.stateAt(_proof.anchorTimestamp, _proof.l1Header);
        _claim(_message, _inboxRoot(stateRoot, _proof.accountProof, _proof.storageProof), _proof.path, _feeRecipient);
    }

    /// @notice The L1 sender of the message in delivery; only its receiver may ask, and only meanwhile.
    /// @return address on L1
    function l1Sender() external view returns (address) {
        return _currentSender();
    }

    /// @notice A proven inbox root by its number; the last 64 are kept.
    /// @param _rootId number as in InboxProven
    /// @return the inbox root
    function provenRoot(uint256 _rootId) public view returns (bytes32) {
        uint256 latest = _latestRootId;
        if (_rootId == 0 || _rootId > latest || latest - _rootId >= ROOT_HISTORY) revert L2Messenger_UnknownRoot(_rootId);
        return _provenRoots[_rootId % ROOT_HISTORY];
    }

    /// @notice Number of the newest proven inbox root; zero before the first.
    /// @return the number
    function latestRootId() external view returns (uint64) {
        return _latestRootId;
    }

    /// @notice Number of the newest L1 block that was proven.
    /// @return L1 block number
    function provenBlock() external view returns (uint64) {
        return _provenBlock;
    }

    /// @notice The messenger on L1.
    /// @return address on L1
    function l1Messenger() external view returns (address) {
        return _l1Messenger;
    }

    /// @notice The rollup contract on L1.
    /// @return address on L1
    function l1Rollup() external view returns (address) {
        return _l1Rollup;
    }

    /// @notice The token bridge on L1.
    /// @return address on L1
    function l1TokenBridge() external view returns (address) {
        return _l1TokenBridge;
    }

    /// @notice Chain id of the L1.
    /// @return the chain id
    function l1ChainId() external view returns (uint64) {
        return _l1ChainId;
    }

    /// @notice Root of all messages to L1; zero before the first.
    /// @return the root
    function outboxRoot() external view returns (bytes32) {
        return _tree.root;
    }

    /// @notice Number of messages to L1.
    /// @return the number; the next message has it as its index
    function outboxCount() external view returns (uint64) {
        return _tree.count;
    }

    /// @dev Marks, proves, then calls. Any root that L1 ever had proves every message before it, whatever its age.
    function _claim(Message calldata _message, bytes32 _root, bytes32[] calldata _path, address _feeRecipient) private {
        Messages.markDelivered(_delivered, _message.index);
        bytes32 leaf = Messages.hash(_message, _l1ChainId, block.chainid);
        if (MessageTree.rootFrom(leaf, _message.index, _path) != _root) revert L2Messenger_NotInInbox();
        bool bridgeCall = _message.to == L2_TOKEN_BRIDGE && _message.sender != _l1TokenBridge;
        if (_message.to == address(this) || bridgeCall) revert Messages.Messages_ForbiddenTarget(_message.to);
        _deliver(_message, _feeRecipient);
    }

    /// @dev Never zero, which is what `MessageTree.rootFrom` gives for a path that cannot be.
    function _inboxRoot(bytes32 _stateRoot, bytes[] calldata _accountProof, bytes[] calldata _storageProof)
        private
        view
        returns (bytes32 root)
    {
        root = Mpt.storageValue(_stateRoot, _l1Messenger, bytes32(0), _accountProof, _storageProof);
        if (root == 0) revert L2Messenger_EmptyInbox();
    }
}
