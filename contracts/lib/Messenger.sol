// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageBox} from "./MessageBox.sol";
import {Message, Messages} from "./Messages.sol";

/// @title What the messengers of the two chains of one rollup share: sending and delivering with value and fee
abstract contract Messenger is MessageBox {
    mapping(uint256 => uint256) internal _delivered; // slot 34, bitmap by index

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
    /// @param _index position in the tree of the other chain
    /// @return true when it was delivered
    function delivered(uint64 _index) external view returns (bool) {
        return Messages.isDelivered(_delivered, _index);
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
        index = _append(_to, value, _fee, _gasLimit, _data, _destinationChainId);
        emit MessageSent(index, msg.sender, _to, value, _fee, _gasLimit, _data);
    }

    /// @dev The message was marked as delivered before; a revert anywhere in here undoes that too.
    function _deliver(Message calldata _message, address _feeRecipient) internal {
        _callReceiver(_message);
        emit MessageDelivered(_message.index, _message.sender, _message.to, _feeRecipient);
        Messages.payFee(_feeRecipient, _message.fee);
    }
}
