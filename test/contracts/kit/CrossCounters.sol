// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CrossRollupReceiver} from "../../../contracts/kit/CrossRollupReceiver.sol";
import {RoutedMessageReceiver} from "../../../contracts/kit/RoutedMessageReceiver.sol";

/// @dev Counts for one account of one other rollup.
contract CrossCounter is CrossRollupReceiver {
    uint64 private immutable CHAIN_ID;
    address private immutable OWNER;
    uint256 public count;

    constructor(uint64 _chainId, address _owner) {
        CHAIN_ID = _chainId;
        OWNER = _owner;
    }

    function add(uint256 _amount) external onlyRollup(CHAIN_ID, OWNER) {
        count += _amount;
    }
}

/// @dev Remembers what came by way of L1.
contract RoutedInbox is RoutedMessageReceiver {
    uint64 public chainSeen;
    address public senderSeen;
    bytes public dataSeen;
    uint256 public valueSeen;

    constructor(address _l1Router) RoutedMessageReceiver(_l1Router) {}

    function _receiveMessage(uint64 _sourceChainId, address _sourceSender, bytes calldata _data) internal override {
        chainSeen = _sourceChainId;
        senderSeen = _sourceSender;
        dataSeen = _data;
        valueSeen = msg.value;
    }
}
