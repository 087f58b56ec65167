// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {MessageTree} from "./MessageTree.sol";
import {Message, Messages} from "./Messages.sol";

/// @title What all messengers share: the tree of the messages sent, and the sender context of a delivery
/// @dev The storage of this contract comes first in every messenger, so that slot 0 is the root on all chains.
abstract contract MessageBox is ReentrancyGuardTransient {
    using MessageTree for MessageTree.Tree;

    MessageTree.Tree internal _tree; // slots 0 to 33

    address private transient _context;
    address private transient _receiver;

    /// @notice The kept left siblings of this chain's tree, level 0 first; entries above the count's length are stale or zero.
    /// @return one hash for each level
    function branch() external view returns (bytes32[32] memory) {
        return _tree.branch;
    }

    /// @dev Appends a message that `Messages.checkSend` has accepted.
    function _append(
        address _to,
        uint256 _value,
        uint256 _fee,
        uint64 _gasLimit,
        bytes calldata _data,
        uint256 _destinationChainId
    ) internal returns (uint64 index) {
        index = _tree.count;
        bytes32 leaf = Messages.leaf(
            block.chainid,
            _destinationChainId,
            msg.sender,
            _to,
            _value,
            _fee,
            _gasLimit,
            keccak256(_data),
            index
        );
        _tree.push(leaf);
    }

    /// @dev Calls the receiver, who may ask for the sender meanwhile. Mark the message before: a revert undoes that too.
    function _callReceiver(Message calldata _message) internal {
        _context = _message.sender;
        _receiver = _message.to;
        Messages.deliver(_message);
        _context = address(0);
        _receiver = address(0);
    }

    /// @dev The sender of the message in delivery, for its receiver only: nobody further down the call can mistake the
    /// context for its own.
    function _currentSender() internal view returns (address) {
        if (_receiver == address(0) || msg.sender != _receiver) revert Messages.Messages_NoMessage();
        return _context;
    }
}
