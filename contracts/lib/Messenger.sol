// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {MessageTree} from "./MessageTree.sol";
import {Message, Messages} from "./Messages.sol";

/// @title What the messengers of both chains share: sending, delivering, the sender context
/// @dev The storage of this contract comes first in both messengers, so that slot 0 is the root on both chains.
abstract contract Messenger is ReentrancyGuardTransient {
    using MessageTree for MessageTree.Tree;

    MessageTree.Tree internal _tree; // slots 0 to 33
    mapping(uint256 => uint256) internal _delivered; // slot 34, bitmap by index

    address internal transient _context;
    address internal transient _receiver;

    /// @notice A message was accepted.
    /// @param index position in this chain's tree
    /// @param sender who sent it
    /// @param to who will be called on the other chain
    /// @param value wei that the call carries
    /// @param fee wei for whoever claims it
    /// @param gasLimit gas that the call gets
    /// @param data calldata of the call
    event MessageSent(
        uint64 indexed index,
        address indexed sender,
        address indexed to,
        uint256 value,
        uint256 fee,
        uint64 gasLimit,
        bytes data
    );
    /// @notice A message of the other chain was delivered.
    /// @param index position in the other chain's tree
    /// @param sender who sent it there
    /// @param to who was called here
    /// @param feeRecipient who got the fee
    event MessageDelivered(uint64 indexed index, address indexed sender, address indexed to, address feeRecipient);

    /// @notice True when the other chain's message with this index was delivered here.
    function delivered(uint64 _index) external view returns (bool) {
        return Messages.isDelivered(_delivered, _index);
    }

    /// @notice The kept left siblings of this chain's tree, level 0 first; entries above the count's length are stale or zero.
    function branch() external view returns (bytes32[32] memory) {
        return _tree.branch;
    }

    /// @dev Accepts msg.value as value plus fee.
    function _send(
        address _to,
        uint256 _fee,
        uint64 _gasLimit,
        bytes calldata _data,
        uint64 _maxGas,
        uint256 _destinationChainId
    ) internal returns (uint64 index) {
        uint256 value = Messages.checkSend(msg.value, _fee, _gasLimit, _maxGas, _data.length);
        index = _tree.count;
        bytes32 leaf = Messages.leaf(
            block.chainid,
            _destinationChainId,
            msg.sender,
            _to,
            value,
            _fee,
            _gasLimit,
            keccak256(_data),
            index
        );
        _tree.push(leaf);
        emit MessageSent(index, msg.sender, _to, value, _fee, _gasLimit, _data);
    }

    /// @dev The message was marked as delivered before; a revert anywhere in here undoes that too.
    function _deliver(Message calldata _message, address _feeRecipient) internal {
        _context = _message.sender;
        _receiver = _message.to;
        Messages.deliver(_message);
        _context = address(0);
        _receiver = address(0);
        emit MessageDelivered(_message.index, _message.sender, _message.to, _feeRecipient);
        Messages.payFee(_feeRecipient, _message.fee);
    }

    /// @dev The sender of the message in delivery, for its receiver only: nobody further down the call can mistake the
    /// context for its own.
    function _currentSender() internal view returns (address) {
        if (_receiver == address(0) || msg.sender != _receiver) revert Messages.Messages_NoMessage();
        return _context;
    }
}
