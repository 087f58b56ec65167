// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A call that must succeed, or whose success the caller looks at.
/// @param target who is called
/// @param callData its calldata
struct Call {
    address target;
    bytes callData;
}

/// @notice A call that says itself whether it may fail.
/// @param target who is called
/// @param allowFailure false: a failure reverts everything
/// @param callData its calldata
struct Call3 {
    address target;
    bool allowFailure;
    bytes callData;
}

/// @notice A call with ETH.
/// @param target who is called
/// @param allowFailure false: a failure reverts everything
/// @param value wei that it carries
/// @param callData its calldata
struct Call3Value {
    address target;
    bool allowFailure;
    uint256 value;
    bytes callData;
}

/// @notice How a call ended.
/// @param success false when it reverted
/// @param returnData what it returned or reverted with
struct Result {
    bool success;
    bytes returnData;
}

/// @title Many calls in one
/// @notice The interface of the Multicall3 that libraries look for at 0xcA11bde05977b3631167028862bE2a173976CA11, with its
/// reasons of reverts and its oddities. Whoever is called sees this contract as the caller, and anyone can make it call
/// anything: it must never hold ETH, tokens or allowances beyond one transaction.
contract Multicall3 {
    /// @dev Texts and not custom errors: users of this interface know these.
    string private constant CALL_FAILED = "Multicall3: call failed";
    string private constant VALUE_MISMATCH = "Multicall3: value mismatch";

    /// @notice Makes all calls; the first failure reverts everything.
    /// @param _calls see Call
    /// @return blockNumber number of this block
    /// @return returnData what each call returned
    function aggregate(Call[] calldata _calls)
        external
        payable
        returns (uint256 blockNumber, bytes[] memory returnData)
    {
        blockNumber = block.number;
        returnData = new bytes[](_calls.length);
        for (uint256 i = 0; i < _calls.length; ++i) {
            returnData[i] = _call(_calls[i].target, 0, _calls[i].callData, false).returnData;
        }
    }

    /// @notice Makes all calls.
    /// @param _requireSuccess true: the first failure reverts everything
    /// @param _calls see Call
    /// @return returnData how each call ended
    function tryAggregate(bool _requireSuccess, Call[] calldata _calls)
        external
        payable
        returns (Result[] memory returnData)
    {
        return _tryAggregate(_requireSuccess, _calls);
    }

    /// @notice Makes all calls and tells the block.
    /// @param _requireSuccess true: the first failure reverts everything
    /// @param _calls see Call
    /// @return blockNumber number of this block
    /// @return blockHash always zero: a block cannot know its own hash
    /// @return returnData how each call ended
    function tryBlockAndAggregate(bool _requireSuccess, Call[] calldata _calls)
        external
        payable
        returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData)
    {
        return (block.number, blockhash(block.number), _tryAggregate(_requireSuccess, _calls));
    }

    /// @notice Makes all calls and tells the block; the first failure reverts everything.
    /// @param _calls see Call
    /// @return blockNumber number of this block
    /// @return blockHash always zero: a block cannot know its own hash
    /// @return returnData how each call ended
    function blockAndAggregate(Call[] calldata _calls)
        external
        payable
        returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData)
    {
        return (block.number, blockhash(block.number), _tryAggregate(true, _calls));
    }

    /// @notice Makes all calls, each with its own word on failure.
    /// @param _calls see Call3
    /// @return returnData how each call ended
    function aggregate3(Call3[] calldata _calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](_calls.length);
        for (uint256 i = 0; i < _calls.length; ++i) {
            returnData[i] = _call(_calls[i].target, 0, _calls[i].callData, _calls[i].allowFailure);
        }
    }

    /// @notice Makes all calls with the ETH sent along, which must be the sum of their values in wei.
    /// @param _calls see Call3Value
    /// @return returnData how each call ended; the value of a failed call stays here for anyone to take
    function aggregate3Value(Call3Value[] calldata _calls) external payable returns (Result[] memory returnData) {
        returnData = new Result[](_calls.length);
        uint256 total;
        for (uint256 i = 0; i < _calls.length; ++i) {
            Call3Value calldata item = _calls[i];
            total += item.value;
            returnData[i] = _call(item.target, item.value, item.callData, item.allowFailure);
        }
        // solhint-disable-next-line gas-custom-errors
        require(msg.value == total, VALUE_MISMATCH);
    }

    /// @notice Hash of one of the last 256 blocks.
    /// @param _blockNumber its number
    /// @return blockHash zero for any other block
    function getBlockHash(uint256 _blockNumber) external view returns (bytes32 blockHash) {
        return blockhash(_blockNumber);
    }

    /// @notice Number of this block.
    /// @return blockNumber the number
    function getBlockNumber() external view returns (uint256 blockNumber) {
        return block.number;
    }

    /// @notice Fee recipient of this block.
    /// @return coinbase its address
    function getCurrentBlockCoinbase() external view returns (address coinbase) {
        return block.coinbase;
    }

    /// @notice What DIFFICULTY returns, since the merge PREVRANDAO.
    /// @return difficulty the value
    function getCurrentBlockDifficulty() external view returns (uint256 difficulty) {
        return block.prevrandao;
    }

    /// @notice Gas limit of this block.
    /// @return gaslimit gas
    function getCurrentBlockGasLimit() external view returns (uint256 gaslimit) {
        return block.gaslimit;
    }

    /// @notice Timestamp of this block.
    /// @return timestamp seconds
    function getCurrentBlockTimestamp() external view returns (uint256 timestamp) {
        return block.timestamp;
    }

    /// @notice Balance of an account.
    /// @param _account whose
    /// @return balance wei
    function getEthBalance(address _account) external view returns (uint256 balance) {
        return _account.balance;
    }

    /// @notice Hash of the parent block.
    /// @return blockHash the hash
    function getLastBlockHash() external view returns (bytes32 blockHash) {
        return blockhash(block.number - 1);
    }

    /// @notice Base fee of this block.
    /// @return basefee wei per gas
    function getBasefee() external view returns (uint256 basefee) {
        return block.basefee;
    }

    /// @notice Chain id.
    /// @return chainid the id
    function getChainId() external view returns (uint256 chainid) {
        return block.chainid;
    }

    function _tryAggregate(bool _requireSuccess, Call[] calldata _calls) private returns (Result[] memory results) {
        results = new Result[](_calls.length);
        for (uint256 i = 0; i < _calls.length; ++i) {
            results[i] = _call(_calls[i].target, 0, _calls[i].callData, !_requireSuccess);
        }
    }

    function _call(address _target, uint256 _value, bytes calldata _callData, bool _allowFailure)
        private
        returns (Result memory result)
    {
        (result.success, result.returnData) = _target.call{value: _value}(_callData);
        // solhint-disable-next-line gas-custom-errors
        require(_allowFailure || result.success, CALL_FAILED);
    }
}
