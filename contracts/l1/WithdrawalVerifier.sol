// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWithdrawalVerifier} from "../interfaces/IWithdrawalVerifier.sol";
import {MessageTree} from "../lib/MessageTree.sol";
import {Message, Messages} from "../lib/Messages.sol";
import {Mpt} from "../lib/Mpt.sol";

/// @title Proves messages out of an L2 state
/// @notice Stateless and the same for all rollups: messengers call it, and so may anyone.
contract WithdrawalVerifier is IWithdrawalVerifier {
    /// @notice Address of the messenger on every L2; its slot 0 is the outbox root.
    address public constant L2_MESSENGER = 0x8079000000000000000000000000000000000001;

    /// @notice The message is not in the outbox of that state.
    error WithdrawalVerifier_NotInOutbox();

    /// @inheritdoc IWithdrawalVerifier
    /// @param _stateRoot L2 state root
    /// @param _messageHash leaf, see `messageHash`
    /// @param _index index of the message in the outbox
    /// @param _path siblings from the leaf upwards; those that are zero subtrees above the last real one may be left out
    /// @param _accountProof trie nodes from the state root to L2_MESSENGER
    /// @param _storageProof trie nodes from its storage root to slot 0
    function verifyWithdrawal(
        bytes32 _stateRoot,
        bytes32 _messageHash,
        uint64 _index,
        bytes32[] calldata _path,
        bytes[] calldata _accountProof,
        bytes[] calldata _storageProof
    ) external pure returns (bytes32 root) {
        root = outboxRoot(_stateRoot, _accountProof, _storageProof);
        if (root == 0 || MessageTree.rootFrom(_messageHash, _index, _path) != root) revert WithdrawalVerifier_NotInOutbox();
    }

    /// @notice The outbox root in an L2 state; zero when no message was ever sent.
    /// @param _stateRoot L2 state root
    /// @param _accountProof trie nodes from the state root to L2_MESSENGER
    /// @param _storageProof trie nodes from its storage root to slot 0
    /// @return the root
    function outboxRoot(bytes32 _stateRoot, bytes[] calldata _accountProof, bytes[] calldata _storageProof)
        public
        pure
        returns (bytes32)
    {
        return Mpt.storageValue(_stateRoot, L2_MESSENGER, bytes32(0), _accountProof, _storageProof);
    }

    /// @notice The leaf of a message that goes from one chain to another.
    /// @param _message the message
    /// @param _sourceChainId chain id on which it was sent
    /// @param _destinationChainId chain id on which it is delivered
    /// @return the leaf
    function messageHash(Message calldata _message, uint64 _sourceChainId, uint64 _destinationChainId)
        external
        pure
        returns (bytes32)
    {
        return Messages.hash(_message, _sourceChainId, _destinationChainId);
    }
}
