// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A message between the two chains of one rollup. `value` and `fee` are wei that were paid on the source chain.
/// @param sender who called sendMessage on the source chain
/// @param to who is called on the destination chain
/// @param value wei that the call carries
/// @param fee wei for whoever claims the message
/// @param gasLimit gas that the call gets, state gas included
/// @param data calldata of the call, at most 16 KiB
/// @param index position in the source chain's tree
struct Message {
    address sender;
    address to;
    uint256 value;
    uint256 fee;
    uint64 gasLimit;
    bytes data;
    uint64 index;
}

/// @title What both messengers do with a message: hash it, mark it, deliver it
library Messages {
    /// @dev First word of every leaf; a leaf's preimage has 320 bytes and so is never an inner node (64 bytes).
    bytes32 internal constant TAG = keccak256("reenact.message.v1");
    /// @dev Bytes; with MAX_GAS it keeps every accepted message claimable in one transaction.
    uint256 internal constant MAX_DATA_LENGTH = 16_384;
    /// @dev Gas; highest limit of a delivered call on any chain.
    uint64 internal constant MAX_GAS = 8_000_000;
    /// @dev Gas that the CALL opcode itself may take before 63/64 of the rest is forwarded: cold account, cold
    /// delegation target, value transfer and its log cost under 20,000 gas in Amsterdam; the rest is margin.
    uint256 internal constant CALL_OVERHEAD = 40_000;

    /// @notice The fee is larger than the value sent along.
    error Messages_FeeExceedsValue();
    /// @notice A delivery never calls the messengers and the rollup, and a token bridge only for its peer.
    /// @param to the target
    error Messages_ForbiddenTarget(address to);
    /// @notice The gas limit is above what one transaction can deliver.
    error Messages_GasLimitTooHigh();
    /// @notice The gas limit is zero.
    error Messages_GasLimitTooLow();
    /// @notice The data is longer than 16 KiB.
    error Messages_DataTooLong();
    /// @notice The message was claimed before.
    /// @param index position in the tree of the other chain
    error Messages_AlreadyDelivered(uint64 index);
    /// @notice The transaction has too little gas to give the receiver what the message promises.
    error Messages_InsufficientGas();
    /// @notice The receiver reverted; the message stays claimable.
    error Messages_DeliveryFailed();
    /// @notice The fee recipient refused the fee; the message stays claimable.
    error Messages_FeePaymentFailed();
    /// @notice There is no delivery in progress whose receiver is the caller.
    error Messages_NoMessage();

    /// @notice The leaf of a message: both chain ids are inside, so no other rollup or direction accepts it.
    function hash(Message calldata _message, uint256 _sourceChainId, uint256 _destinationChainId)
        internal
        pure
        returns (bytes32)
    {
        return leaf(
            _sourceChainId,
            _destinationChainId,
            _message.sender,
            _message.to,
            _message.value,
            _message.fee,
            _message.gasLimit,
            keccak256(_message.data),
            _message.index
        );
    }

    /// @notice keccak256 of ten words: tag, chain ids, the fields in order, data as its hash.
    function leaf(
        uint256 _sourceChainId,
        uint256 _destinationChainId,
        address _sender,
        address _to,
        uint256 _value,
        uint256 _fee,
        uint64 _gasLimit,
        bytes32 _dataHash,
        uint64 _index
    ) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TAG, _sourceChainId, _destinationChainId, _sender, _to, _value, _fee, _gasLimit, _dataHash, _index
            )
        );
    }

    /// @notice What a message must satisfy before it is accepted, so that it can be claimed for ever after.
    /// @return value wei that the delivered call will carry
    function checkSend(uint256 _paid, uint256 _fee, uint64 _gasLimit, uint64 _maxGas, uint256 _dataLength)
        internal
        pure
        returns (uint256 value)
    {
        if (_fee > _paid) revert Messages_FeeExceedsValue();
        if (_gasLimit > _maxGas) revert Messages_GasLimitTooHigh();
        if (_gasLimit == 0) revert Messages_GasLimitTooLow();
        if (_dataLength > MAX_DATA_LENGTH) revert Messages_DataTooLong();
        return _paid - _fee;
    }

    /// @notice True when the message was claimed.
    function isDelivered(mapping(uint256 => uint256) storage _bitmap, uint64 _index) internal view returns (bool) {
        return _bitmap[_index >> 8] & (1 << (_index & 0xff)) != 0;
    }

    /// @notice Marks the message as claimed, before anything is called.
    function markDelivered(mapping(uint256 => uint256) storage _bitmap, uint64 _index) internal {
        uint256 word = _bitmap[_index >> 8];
        uint256 bit = 1 << (_index & 0xff);
        if (word & bit != 0) revert Messages_AlreadyDelivered(_index);
        _bitmap[_index >> 8] = word | bit;
    }

    /// @notice Calls the receiver with exactly the message's gas limit and copies nothing back.
    /// @dev Without the check a claimer could starve a receiver that tolerates a failed inner call.
    function deliver(Message calldata _message) internal {
        bytes memory data = _message.data;
        uint256 available = gasleft();
        if (available < CALL_OVERHEAD || (available - CALL_OVERHEAD) * 63 / 64 < _message.gasLimit) {
            revert Messages_InsufficientGas();
        }
        if (!_call(_message.gasLimit, _message.to, _message.value, data)) revert Messages_DeliveryFailed();
    }

    /// @notice Pays the fee to whom the claimer named.
    function payFee(address _recipient, uint256 _fee) internal {
        if (_fee != 0 && !_call(gasleft(), _recipient, _fee, "")) revert Messages_FeePaymentFailed();
    }

    /// @dev A call that ignores return data, so that a large one costs nothing here.
    function _call(uint256 _gas, address _to, uint256 _value, bytes memory _data) private returns (bool success) {
        assembly ("memory-safe") {
            success := call(_gas, _to, _value, add(_data, 0x20), mload(_data), 0x00, 0x00)
        }
    }
}
