// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {L1Anchor} from "../lib/L1Anchor.sol";
import {MessageBox} from "../lib/MessageBox.sol";
import {MessageTree} from "../lib/MessageTree.sol";
import {Message, Messages} from "../lib/Messages.sol";
import {Mpt} from "../lib/Mpt.sol";
import {RollupAddresses} from "../lib/RollupAddresses.sol";
import {StoragePositions} from "../lib/StoragePositions.sol";

/// @notice How a message of another rollup is proven: L1 header, then the rollup's state root in L1's state, then the
/// outbox root in the rollup's state, then the message in the outbox.
/// @param sourceChainId chain id of the rollup it was sent on
/// @param sourceBlock number of a block of that rollup, settled on L1 as of the header, in whose state the outbox is proven
/// @param anchorTimestamp timestamp of the block of this chain (up to 8,191 seconds back) whose anchor is used
/// @param l1Header RLP of the L1 header whose hash is that anchor
/// @param rollupAccountProof trie nodes from the header's state root to the source's NativeRollup
/// @param rollupStorageProof trie nodes from its storage root to the state root of `sourceBlock`
/// @param messengerAccountProof trie nodes from that state root to the CrossMessenger
/// @param messengerStorageProof trie nodes from its storage root to slot 0
/// @param path siblings in the outbox from the leaf upwards; zero subtrees above the last real one may be left out
struct CrossProof {
    uint64 sourceChainId;
    uint64 sourceBlock;
    uint256 anchorTimestamp;
    bytes l1Header;
    bytes[] rollupAccountProof;
    bytes[] rollupStorageProof;
    bytes[] messengerAccountProof;
    bytes[] messengerStorageProof;
    bytes32[] path;
}

/// @title Messages between rollups of one L1 in one hop, without a transaction on L1
/// @notice Lies in every L2 genesis at 0x8079000000000000000000000000000000000005, without a constructor: genesis writes
/// slot 35. A message is proven from the L1 header that this chain carries as its anchor. It moves no ETH: that stays in the
/// escrow of its rollup, L1Router carries it. It makes arbitrary calls, so it holds no tokens and no roles. A message counts
/// as soon as its block is settled, whatever the FINALITY_DELAY of its rollup, which protects that escrow: who wants to wait,
/// waits before acting on a message.
contract CrossMessenger is MessageBox {
    /// @notice Address of the messenger between an L2 and its L1.
    address public constant L2_MESSENGER = 0x8079000000000000000000000000000000000001;
    /// @notice Highest gas limit of a message. A destination with smaller blocks can deliver less.
    uint64 public constant MAX_MESSAGE_GAS = Messages.MAX_GAS;

    mapping(uint64 => mapping(uint256 => uint256)) private _delivered; // slot 34, bitmap by index for each source
    address private _factory; // slot 35, low 20 bytes
    uint64 private _l1ChainId; // slot 35, the 8 bytes above

    uint64 private transient _source;

    /// @notice A message was accepted.
    /// @param index position in this chain's tree of messages to other rollups
    /// @param sender who sent it
    /// @param destinationChainId chain id of the rollup it is for
    /// @param to who will be called there
    /// @param gasLimit gas that the call gets
    /// @param data calldata of the call
    event CrossMessageSent(
        uint64 indexed index,
        address indexed sender,
        uint64 indexed destinationChainId,
        address to,
        uint64 gasLimit,
        bytes data
    );
    /// @notice A message of another rollup was delivered.
    /// @param sourceChainId chain id of the rollup it comes from
    /// @param index position in that rollup's tree
    /// @param sender who sent it there
    /// @param to who was called here
    event CrossMessageDelivered(
        uint64 indexed sourceChainId, uint64 indexed index, address indexed sender, address to
    );

    /// @notice The destination is this chain or L1.
    /// @param chainId the chain id that was given
    error CrossMessenger_ForbiddenDestination(uint64 chainId);
    /// @notice A message with value or fee: this contract has no ETH for it.
    error CrossMessenger_CarriesValue();
    /// @notice L1 holds no state root for that block of that chain id.
    error CrossMessenger_UnknownBlock();
    /// @notice The message is not in the outbox of that state.
    error CrossMessenger_NotInOutbox();

    // What the libraries refuse a header or a proof with, declared here so that this contract's ABI names it.

    /// @notice EIP-4788 has no anchor for that timestamp.
    error L1Anchor_Unknown();
    /// @notice The bytes are not the anchor's header.
    error L1Anchor_WrongHeader();
    /// @notice A state proof does not lead from a state root to the value.
    error Mpt_InvalidProof();
    /// @notice A header or proof node is not canonical RLP.
    error Rlp_Invalid();

    /// @notice Sends a message to another rollup of the same L1; it can be claimed there once a block with it is settled.
    /// @dev Nobody can tell here whether the destination exists: a message to a chain id that is still free waits for it.
    /// @param _destinationChainId chain id of that rollup
    /// @param _to who is called there
    /// @param _gasLimit gas that the call gets there, state gas included; 1 to MAX_MESSAGE_GAS
    /// @param _data calldata, at most 16 KiB
    /// @return index position in the outbox
    function sendMessage(uint64 _destinationChainId, address _to, uint64 _gasLimit, bytes calldata _data)
        external
        returns (uint64 index)
    {
        if (_destinationChainId == block.chainid || _destinationChainId == _l1ChainId) {
            revert CrossMessenger_ForbiddenDestination(_destinationChainId);
        }
        _requireAllowed(_to);
        Messages.checkSend(0, 0, _gasLimit, MAX_MESSAGE_GAS, _data.length);
        index = _append(_to, 0, 0, _gasLimit, _data, _destinationChainId);
        emit CrossMessageSent(index, msg.sender, _destinationChainId, _to, _gasLimit, _data);
    }

    /// @notice Delivers a message of another rollup; anyone may call it, for ever, until it succeeds once.
    /// @param _message the message as the source's CrossMessageSent shows it, value and fee zero
    /// @param _proof see CrossProof
    function claim(Message calldata _message, CrossProof calldata _proof) external nonReentrant {
        Messages.markDelivered(_delivered[_proof.sourceChainId], _message.index);
        if (_message.value != 0 || _message.fee != 0) revert CrossMessenger_CarriesValue();
        _requireAllowed(_message.to);
        bytes32 root = _sourceOutboxRoot(_proof);
        bytes32 leaf = Messages.hash(_message, _proof.sourceChainId, block.chainid);
        // A root of zero is that of an empty outbox, and what rootFrom returns for an index that cannot be.
        if (root == 0 || MessageTree.rootFrom(leaf, _message.index, _proof.path) != root) revert CrossMessenger_NotInOutbox();
        _source = _proof.sourceChainId;
        _callReceiver(_message);
        _source = 0;
        emit CrossMessageDelivered(_proof.sourceChainId, _message.index, _message.sender, _message.to);
    }

    /// @notice Where the message in delivery comes from; only its receiver may ask, and only meanwhile. A chain id is worth
    /// as much trust as the rollup that holds it: trust named chain ids only, and only those that exist.
    /// @return chainId chain id of the rollup it was sent on
    /// @return sender who sent it there
    function crossSender() external view returns (uint64 chainId, address sender) {
        return (_source, _currentSender());
    }

    /// @notice True when the message of a rollup with this index was delivered here.
    /// @param _sourceChainId chain id of the rollup that it was sent on
    /// @param _index position in the tree there
    /// @return true when it was delivered
    function delivered(uint64 _sourceChainId, uint64 _index) external view returns (bool) {
        return Messages.isDelivered(_delivered[_sourceChainId], _index);
    }

    /// @notice Root of all messages to other rollups; zero before the first.
    /// @return the root
    function outboxRoot() external view returns (bytes32) {
        return _tree.root;
    }

    /// @notice Number of messages to other rollups.
    /// @return the number; the next message has it as its index
    function outboxCount() external view returns (uint64) {
        return _tree.count;
    }

    /// @notice The RollupFactory on L1 whose rollups are heard.
    /// @return address on L1
    function factory() external view returns (address) {
        return _factory;
    }

    /// @notice Chain id of the L1.
    /// @return the chain id
    function l1ChainId() external view returns (uint64) {
        return _l1ChainId;
    }

    /// @dev The ring holds the state roots of the last 8,192 settled blocks of the source. Which of the blocks that share an
    /// entry it is does not matter: each was settled, and the outbox only grows.
    function _sourceOutboxRoot(CrossProof calldata _proof) private view returns (bytes32) {
        (bytes32 l1StateRoot,) = L1Anchor.stateAt(_proof.anchorTimestamp, _proof.l1Header);
        uint256 slot = StoragePositions.NATIVE_ROLLUP_STATE_ROOTS
            + _proof.sourceBlock % StoragePositions.NATIVE_ROLLUP_STATE_ROOTS_LENGTH;
        bytes32 stateRoot = Mpt.storageValue(
            l1StateRoot,
            RollupAddresses.rollup(_factory, _proof.sourceChainId),
            bytes32(slot),
            _proof.rollupAccountProof,
            _proof.rollupStorageProof
        );
        if (stateRoot == 0) revert CrossMessenger_UnknownBlock();
        // This contract has the same address and layout on every rollup.
        return Mpt.storageValue(
            stateRoot,
            address(this),
            bytes32(0),
            _proof.messengerAccountProof,
            _proof.messengerStorageProof
        );
    }

    /// @dev Neither messenger is called by a delivery, so that nobody can speak to L1 in this contract's name.
    function _requireAllowed(address _to) private view {
        if (_to == address(this) || _to == L2_MESSENGER) revert Messages.Messages_ForbiddenTarget(_to);
    }
}
