// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessenger} from "../interfaces/IMessenger.sol";
import {TokenBridge} from "../lib/TokenBridge.sol";
import {L1Messenger} from "./L1Messenger.sol";

/// @title Token escrow of one rollup on L1, and maker of L2's tokens here
/// @notice Its peer is the L2TokenBridge at 0x8079000000000000000000000000000000000002.
contract L1TokenBridge is TokenBridge {
    /// @notice The L1Messenger of this rollup.
    L1Messenger public immutable MESSENGER;
    /// @notice The BridgedERC20 that tokens of L2 are clones of.
    address public immutable TOKEN_IMPLEMENTATION;

    /// @dev The messengers of every L2.
    address private constant L2_MESSENGER = 0x8079000000000000000000000000000000000001;
    address private constant CROSS_MESSENGER = 0x8079000000000000000000000000000000000005;

    /// @notice The bridge of one rollup.
    /// @param _l1Messenger the L1Messenger of this rollup
    /// @param _tokenImplementation a BridgedERC20
    constructor(L1Messenger _l1Messenger, address _tokenImplementation) {
        MESSENGER = _l1Messenger;
        TOKEN_IMPLEMENTATION = _tokenImplementation;
        _peer = _l1Messenger.L2_TOKEN_BRIDGE();
    }

    /// @notice Sends tokens to L2. A token of L1 must be approved to this contract; one of L2 is burned without approval.
    /// @param _token token on L1
    /// @param _to who gets it on L2
    /// @param _amount units of the token, at least 1
    /// @param _fee wei for whoever claims the message on L2; the value sent along
    /// @return index of the message in the inbox
    function deposit(address _token, address _to, uint256 _amount, uint256 _fee)
        external
        payable
        returns (uint64 index)
    {
        return _sendTokens(_token, _to, _amount, _fee);
    }

    function _messenger() internal view override returns (IMessenger) {
        return IMessenger(address(MESSENGER));
    }

    function _isRemoteMessenger(address _to) internal pure override returns (bool) {
        return _to == L2_MESSENGER || _to == CROSS_MESSENGER;
    }

    function _remoteSender() internal view override returns (address) {
        return MESSENGER.l2Sender();
    }

    function _implementation() internal view override returns (address) {
        return TOKEN_IMPLEMENTATION;
    }
}
