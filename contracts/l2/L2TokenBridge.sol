// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessenger} from "../interfaces/IMessenger.sol";
import {TokenBridge} from "../lib/TokenBridge.sol";
import {L2Messenger} from "./L2Messenger.sol";

/// @title Token escrow on L2, and maker of L1's tokens here
/// @notice Lies in the L2 genesis at 0x8079000000000000000000000000000000000002, without a constructor: genesis writes slot 2,
/// the L1TokenBridge of this rollup. A token of L1 has the same address on every L2.
contract L2TokenBridge is TokenBridge {
    /// @notice The messenger of this chain.
    L2Messenger public constant MESSENGER = L2Messenger(0x8079000000000000000000000000000000000001);
    /// @notice The BridgedERC20 that tokens of L1 are clones of.
    address public constant TOKEN_IMPLEMENTATION = 0x8079000000000000000000000000000000000004;

    /// @notice Sends tokens to L1. A token of L2 must be approved to this contract; one of L1 is burned without approval.
    /// @param _token token on L2
    /// @param _to who gets it on L1
    /// @param _amount units of the token, at least 1
    /// @param _fee wei for whoever claims the message on L1; the value sent along
    /// @return index of the message in the outbox
    function withdraw(address _token, address _to, uint256 _amount, uint256 _fee)
        external
        payable
        returns (uint64 index)
    {
        return _sendTokens(_token, _to, _amount, _fee);
    }

    function _messenger() internal pure override returns (IMessenger) {
        return IMessenger(address(MESSENGER));
    }

    function _isRemoteMessenger(address _to) internal view override returns (bool) {
        return _to == MESSENGER.l1Messenger();
    }

    function _remoteSender() internal view override returns (address) {
        return MESSENGER.l1Sender();
    }

    function _implementation() internal pure override returns (address) {
        return TOKEN_IMPLEMENTATION;
    }
}
