// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {INativeRollup} from "../interfaces/INativeRollup.sol";
import {IWithdrawalVerifier} from "../interfaces/IWithdrawalVerifier.sol";
import {Message, Messages} from "../lib/Messages.sol";
import {Messenger} from "../lib/Messenger.sol";

/// @notice Immutable configuration of one L1 messenger.
/// @param rollup the NativeRollup whose state roots prove withdrawals
/// @param verifier the WithdrawalVerifier
/// @param tokenBridge address of this rollup's L1 token bridge
/// @param l2ChainId chain id of the L2
/// @param maxMessageGas highest gas limit of a message to L2
struct MessengerConfig {
    address rollup;
    address verifier;
    address tokenBridge;
    uint64 l2ChainId;
    uint64 maxMessageGas;
}

/// @title Inbox, outbox and ETH escrow of one rollup on L1
/// @notice Messages to L2 enter a Merkle tree whose root L2 proves from an anchored L1 header. Messages from L2 are claimed
/// here by a proof of the outbox root in a settled L2 state. It makes arbitrary calls, so it holds no tokens and no roles.
contract L1Messenger is Messenger {
    /// @notice Address of the messenger on L2.
    address public constant L2_MESSENGER = 0x8079000000000000000000000000000000000001;
    /// @notice Address of the token bridge on L2.
    address public constant L2_TOKEN_BRIDGE = 0x8079000000000000000000000000000000000002;

    /// @notice The rollup whose state roots prove withdrawals.
    INativeRollup public immutable ROLLUP;
    /// @notice The contract that checks withdrawal proofs.
    IWithdrawalVerifier public immutable VERIFIER;
    /// @notice The only address that L2's token bridge may call through this messenger, and that nobody else may.
    address public immutable TOKEN_BRIDGE;
    /// @notice Chain id of the L2.
    uint64 public immutable L2_CHAIN_ID;
    /// @notice Highest gas limit of a message to L2.
    uint64 public immutable MAX_MESSAGE_GAS;
    /// @notice Wei deposited at creation: what the L2 genesis gives to accounts other than its messenger.
    uint256 public immutable BACKING;

    uint256 private _totalIn; // slot 35, wei
    uint256 private _totalOut; // slot 36, wei

    /// @notice Paying the message would take more out than was ever put in: the L2 state is wrong.
    error L1Messenger_EscrowExceeded();

    // What ROLLUP and VERIFIER refuse a claim with, declared here so that this contract's ABI names it.

    /// @notice The L2 block is not settled or its state root has left the ring.
    error NativeRollup_UnknownBlock();
    /// @notice The L2 block is younger than the finality delay.
    error NativeRollup_NotFinal();
    /// @notice The message is not in the outbox of that state.
    error WithdrawalVerifier_NotInOutbox();
    /// @notice A state proof does not lead from the state root to the outbox root.
    error Mpt_InvalidProof();
    /// @notice A proof node is not canonical RLP.
    error Rlp_Invalid();

    /// @notice The value sent along is BACKING.
    /// @param _config see MessengerConfig
    constructor(MessengerConfig memory _config) payable {
        ROLLUP = INativeRollup(_config.rollup);
        VERIFIER = IWithdrawalVerifier(_config.verifier);
        TOKEN_BRIDGE = _config.tokenBridge;
        L2_CHAIN_ID = _config.l2ChainId;
        MAX_MESSAGE_GAS = _config.maxMessageGas;
        BACKING = msg.value;
    }

    /// @notice Sends a message to L2; the ETH sent along minus the fee arrives with it. What L2 would not deliver is refused.
    /// @param _to who is called on L2; not its messenger, and its token bridge only for TOKEN_BRIDGE
    /// @param _fee wei for whoever claims the message on L2
    /// @param _gasLimit gas that the call gets on L2, state gas included; 1 to MAX_MESSAGE_GAS
    /// @param _data calldata, at most 16 KiB
    /// @return index position in the inbox
    function sendMessage(address _to, uint256 _fee, uint64 _gasLimit, bytes calldata _data)
        external
        payable
        returns (uint64 index)
    {
        bool bridgeCall = _to == L2_TOKEN_BRIDGE && msg.sender != TOKEN_BRIDGE;
        if (_to == L2_MESSENGER || bridgeCall) revert Messages.Messages_ForbiddenTarget(_to);
        _totalIn += msg.value;
        return _send(_to, _fee, _gasLimit, _data, MAX_MESSAGE_GAS, L2_CHAIN_ID);
    }

    /// @notice Delivers a message from L2; anyone may call it, for ever, until it succeeds once.
    /// @param _message the message as L2's MessageSent shows it
    /// @param _path siblings in the outbox from the leaf upwards; zero subtrees above the last real one may be left out
    /// @param _l2Block settled L2 block in whose state the outbox is proven
    /// @param _accountProof trie nodes from that block's state root to L2_MESSENGER
    /// @param _storageProof trie nodes from its storage root to slot 0
    /// @param _feeRecipient who gets the message's fee
    function claim(
        Message calldata _message,
        bytes32[] calldata _path,
        uint64 _l2Block,
        bytes[] calldata _accountProof,
        bytes[] calldata _storageProof,
        address _feeRecipient
    ) external nonReentrant {
        Messages.markDelivered(_delivered, _message.index);
        bytes32 stateRoot = ROLLUP.finalizedStateRootAt(_l2Block);
        bytes32 leaf = Messages.hash(_message, L2_CHAIN_ID, block.chainid);
        VERIFIER.verifyWithdrawal(stateRoot, leaf, _message.index, _path, _accountProof, _storageProof);
        _requireAllowed(_message);
        _totalOut += _message.value + _message.fee;
        if (_totalOut > _totalIn + BACKING) revert L1Messenger_EscrowExceeded();
        _deliver(_message, _feeRecipient);
    }

    /// @notice The L2 sender of the message in delivery; only its receiver may ask, and only meanwhile.
    /// @return address on L2
    function l2Sender() external view returns (address) {
        return _currentSender();
    }

    /// @notice Root of all messages to L2; zero before the first.
    /// @return the root
    function inboxRoot() external view returns (bytes32) {
        return _tree.root;
    }

    /// @notice Number of messages to L2.
    /// @return the number; the next message has it as its index
    function inboxCount() external view returns (uint64) {
        return _tree.count;
    }

    /// @notice Wei that messages to L2 have put in, fees included.
    /// @return wei
    function totalIn() external view returns (uint256) {
        return _totalIn;
    }

    /// @notice Wei that messages from L2 have taken out, fees included.
    /// @return wei
    function totalOut() external view returns (uint256) {
        return _totalOut;
    }

    function _requireAllowed(Message calldata _message) private view {
        address to = _message.to;
        bool bridgeCall = to == TOKEN_BRIDGE && _message.sender != L2_TOKEN_BRIDGE;
        if (to == address(this) || to == address(ROLLUP) || bridgeCall) revert Messages.Messages_ForbiddenTarget(to);
    }
}
