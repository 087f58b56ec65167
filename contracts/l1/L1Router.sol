// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICrossReceiver} from "../interfaces/ICrossReceiver.sol";
import {RollupAddresses} from "../lib/RollupAddresses.sol";
import {L1Messenger} from "./L1Messenger.sol";
import {RollupFactory} from "./RollupFactory.sol";

/// @title Messages and ETH from one rollup to another, by way of L1
/// @notice An account of rollup A sends a message to this contract with a call of `forward` as data. Whoever claims it on L1
/// makes A's messenger call `forward`, which sends the message on through B's messenger. The origin is what A's messenger
/// says, and A's messenger is known by its address: only the factory can put a contract there. What B's messenger refuses
/// goes back to its sender on A. Between transactions this contract holds nothing; it calls nobody but messengers.
contract L1Router {
    /// @notice Gas limit with which a message to this contract always arrives, whatever it carries.
    uint64 public constant FORWARD_GAS = 1_500_000;
    /// @notice Gas limit of a message that brings value back to its sender; less where the rollup allows less.
    uint64 public constant BOUNCE_GAS = 1_000_000;

    /// @notice The factory whose rollups are served.
    RollupFactory public immutable FACTORY;

    /// @notice A message was sent on.
    /// @param sourceChainId chain id of the rollup it comes from
    /// @param sender who sent it there
    /// @param destinationChainId chain id of the rollup it goes to
    /// @param index position in the inbox of the destination
    event Forwarded(
        uint64 indexed sourceChainId, address indexed sender, uint64 indexed destinationChainId, uint64 index
    );
    /// @notice A message cannot be sent on; its value, if any, goes back by a plain message to the sender.
    /// @param sourceChainId chain id of the rollup it comes from and goes back to
    /// @param sender who sent it there and gets the value
    /// @param value wei
    /// @param reason error of the destination's messenger or of this contract
    event Bounced(uint64 indexed sourceChainId, address indexed sender, uint256 value, bytes reason);

    /// @notice The caller is not the messenger of a rollup of FACTORY.
    error L1Router_NotMessenger();
    /// @notice No rollup of FACTORY has that chain id.
    /// @param chainId the chain id that was given
    error L1Router_UnknownDestination(uint64 chainId);
    /// @notice The call is not one of `forward`.
    error L1Router_UnknownCall();
    /// @notice The message has too little gas to be sent on; it stays claimable.
    error L1Router_OutOfGas();

    // What a messenger refuses a message with, declared here because it is the reason of a bounce.

    /// @notice The fee is larger than the value sent along.
    error Messages_FeeExceedsValue();
    /// @notice The target is one that a delivery never calls.
    /// @param to the target
    error Messages_ForbiddenTarget(address to);
    /// @notice The gas limit is above what the destination delivers.
    error Messages_GasLimitTooHigh();
    /// @notice The gas limit is zero.
    error Messages_GasLimitTooLow();
    /// @notice The data is longer than 16 KiB with what this contract adds.
    error Messages_DataTooLong();
    /// @notice The destination's inbox is full.
    error MessageTree_TreeFull();

    /// @notice The router of one factory.
    /// @param _factory the RollupFactory
    constructor(RollupFactory _factory) {
        FACTORY = _factory;
    }

    /// @notice Value without a call has no destination: it goes back to its sender.
    receive() external payable {
        _refuseCall();
    }

    /// @notice So does value with any call but `forward`. Arguments that do not decode make the delivery fail.
    fallback() external payable {
        _refuseCall();
    }

    /// @notice Sends a message on to another rollup; for messengers that deliver one to this contract. The value that comes
    /// along minus the fee arrives at the destination.
    /// @param _destinationChainId chain id of the rollup it goes to
    /// @param _to who is called there: by `ICrossReceiver.receiveCrossMessage`, or without data if there is none
    /// @param _fee wei for whoever claims the message there, part of the value
    /// @param _gasLimit gas that the call gets there, state gas included; 1 to that messenger's MAX_MESSAGE_GAS
    /// @param _data what the receiver is told
    function forward(uint64 _destinationChainId, address _to, uint256 _fee, uint64 _gasLimit, bytes calldata _data)
        external
        payable
    {
        (L1Messenger messenger, uint64 chainId, address sender) = _origin();
        if (FACTORY.rollupOf(_destinationChainId) == address(0)) {
            bytes memory reason = abi.encodeWithSelector(L1Router_UnknownDestination.selector, _destinationChainId);
            return _bounce(messenger, chainId, sender, reason);
        }
        bytes memory payload;
        if (_data.length != 0) payload = abi.encodeCall(ICrossReceiver.receiveCrossMessage, (chainId, sender, _data));
        L1Messenger destination = L1Messenger(RollupAddresses.messenger(address(FACTORY), _destinationChainId));
        // Trying instead of repeating the destination's rules: whatever it refuses, now or in another version, comes back.
        try destination.sendMessage{value: msg.value}(_to, _fee, _gasLimit, payload) returns (uint64 index) {
            emit Forwarded(chainId, sender, _destinationChainId, index);
        } catch (bytes memory reason) {
            // Every refusal of a messenger has a reason. Without one it ran out of gas, which depends on how full the
            // destination's tree is and on the state gas that the claimer brings: it may well go through another time.
            if (reason.length == 0) revert L1Router_OutOfGas();
            _bounce(messenger, chainId, sender, reason);
        }
    }

    function _refuseCall() private {
        (L1Messenger messenger, uint64 chainId, address sender) = _origin();
        _bounce(messenger, chainId, sender, abi.encodeWithSelector(L1Router_UnknownCall.selector));
    }

    /// @dev The rollup and account that the message in delivery comes from. The chain id is the caller's word until its
    /// address shows that the factory made it; `l2Sender` refuses unless the message in delivery is for this contract.
    function _origin() private view returns (L1Messenger messenger, uint64 chainId, address sender) {
        messenger = L1Messenger(msg.sender);
        if (msg.sender.code.length == 0) revert L1Router_NotMessenger();
        try messenger.L2_CHAIN_ID() returns (uint64 claimed) {
            chainId = claimed;
        } catch {
            revert L1Router_NotMessenger();
        }
        if (msg.sender != RollupAddresses.messenger(address(FACTORY), chainId)) revert L1Router_NotMessenger();
        sender = messenger.l2Sender();
    }

    /// @dev When even this is refused, the delivery fails and the message stays claimable.
    function _bounce(L1Messenger _messenger, uint64 _chainId, address _sender, bytes memory _reason) private {
        emit Bounced(_chainId, _sender, msg.value, _reason);
        if (msg.value == 0) return;
        uint64 most = _messenger.MAX_MESSAGE_GAS();
        _messenger.sendMessage{value: msg.value}(_sender, 0, most < BOUNCE_GAS ? most : BOUNCE_GAS, "");
    }
}
