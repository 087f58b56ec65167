// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IMessenger} from "../interfaces/IMessenger.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {BridgedERC20} from "./BridgedERC20.sol";
import {TokenMetadata} from "./TokenMetadata.sol";

/// @dev Gas of every message between the token bridges. It can never be raised for a message that was sent, so it is far above
/// what the most expensive one needs. In Amsterdam making a token with the longest name and symbol takes 1.63M, of which
/// 1.43M are state gas (test/contracts/tokensGas.test.ts). A release leaves its token 2.9M; an ordinary one takes 0.15M.
uint64 constant TOKEN_MESSAGE_GAS = 3_000_000;

/// @title What the token bridges of both chains share: escrow, the tokens made here, and both directions
/// @notice A token of this chain that is sent away is kept here, in escrow, and its counterpart is minted on the other chain.
/// A token that this bridge has made is burned when it is sent away, and the original is paid out of the other side's escrow.
/// The bridge makes no calls but to tokens, to tokens it has made and to its messenger; nobody has any rights over it.
abstract contract TokenBridge is ITokenBridge, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    mapping(address => address) private _localTokens; // slot 0, token of the other chain => its clone here
    mapping(address => address) private _remoteTokens; // slot 1, the same the other way
    address internal _peer; // slot 2, token bridge of the other chain
    mapping(address => uint256) private _escrowed; // slot 3, token of this chain => units

    /// @notice A token was taken into escrow, or burned when it is one of the other chain.
    /// @param index of the message in this chain's tree
    /// @param token token on this chain
    /// @param from who sent it
    /// @param to who gets it on the other chain
    /// @param amount units of the token
    event TokensSent(
        uint64 indexed index, address indexed token, address indexed from, address to, uint256 amount
    );
    /// @notice A token was paid out of the escrow, or minted when it is one of the other chain.
    /// @param token token on this chain
    /// @param from who sent it on the other chain
    /// @param to who got it
    /// @param amount units of the token
    event TokensReceived(address indexed token, address indexed from, address indexed to, uint256 amount);
    /// @notice A token of the other chain exists here from now on.
    /// @param remoteToken token on the other chain
    /// @param localToken its clone on this chain
    event TokenCreated(address indexed remoteToken, address indexed localToken);

    /// @notice Only the bridge of the other chain, through the messenger, may do this.
    error TokenBridge_NotPeer();
    /// @notice The value sent along is not the fee.
    error TokenBridge_WrongValue();
    /// @notice There is nothing to send.
    error TokenBridge_ZeroAmount();
    /// @notice Tokens sent to this address would be lost or refused: zero, bridge, messenger or the token on the other chain.
    /// @param to the receiver
    error TokenBridge_ForbiddenReceiver(address to);
    /// @notice The token did not move the amount that it was told to: it takes a fee or changes balances by itself.
    /// @param token the token
    error TokenBridge_WrongAmount(address token);
    /// @notice More is asked for than was ever taken into escrow.
    /// @param token the token
    error TokenBridge_EscrowExceeded(address token);

    /// @inheritdoc ITokenBridge
    function finalizeMint(
        address _remoteToken,
        address _from,
        address _to,
        uint256 _amount,
        bytes calldata _metadata
    ) external nonReentrant {
        _requirePeer();
        address local = _localTokens[_remoteToken];
        if (local == address(0)) local = _create(_remoteToken, _metadata);
        emit TokensReceived(local, _from, _to, _amount);
        BridgedERC20(local).mint(_to, _amount);
    }

    /// @inheritdoc ITokenBridge
    function finalizeRelease(address _localToken, address _from, address _to, uint256 _amount) external nonReentrant {
        _requirePeer();
        uint256 escrow = _escrowed[_localToken];
        if (_amount > escrow) revert TokenBridge_EscrowExceeded(_localToken);
        _escrowed[_localToken] = escrow - _amount;
        emit TokensReceived(_localToken, _from, _to, _amount);

        // A token that takes more out of this account than it was told to would pay with what others have deposited.
        uint256 before = IERC20(_localToken).balanceOf(address(this));
        IERC20(_localToken).safeTransfer(_to, _amount);
        uint256 rest = IERC20(_localToken).balanceOf(address(this));
        if (rest < before && before - rest > _amount) revert TokenBridge_WrongAmount(_localToken);
    }

    /// @notice The clone on this chain that stands for a token of the other chain; zero before the first one arrives.
    /// @param _remoteToken token on the other chain
    /// @return token on this chain
    function localToken(address _remoteToken) external view returns (address) {
        return _localTokens[_remoteToken];
    }

    /// @notice Where the clone of a token of the other chain is or will be.
    /// @param _remoteToken token on the other chain
    /// @return address on this chain
    function predictLocalToken(address _remoteToken) external view returns (address) {
        return Clones.predictDeterministicAddress(_implementation(), _salt(_remoteToken));
    }

    /// @inheritdoc ITokenBridge
    function remoteToken(address _localToken) external view returns (address) {
        return _remoteTokens[_localToken];
    }

    /// @notice How much of a token of this chain is on the other chain, units of the token.
    /// @param _token token of this chain
    /// @return units of the token
    function escrowed(address _token) external view returns (uint256) {
        return _escrowed[_token];
    }

    /// @notice The token bridge of the other chain.
    /// @return its address
    function peer() external view returns (address) {
        return _peer;
    }

    /// @dev Sends tokens to the other chain. Everything that would make the message undeliverable there is refused here.
    function _sendTokens(address _token, address _to, uint256 _amount, uint256 _fee)
        internal
        nonReentrant
        returns (uint64 index)
    {
        if (msg.value != _fee) revert TokenBridge_WrongValue();
        if (_amount == 0) revert TokenBridge_ZeroAmount();
        address remote = _remoteTokens[_token];
        bool forbidden = _to == address(0) || _to == _peer || _to == remote || _isRemoteMessenger(_to);
        if (forbidden) revert TokenBridge_ForbiddenReceiver(_to);

        bytes memory data;
        if (remote == address(0)) {
            _escrow(_token, _amount);
            bytes memory metadata = TokenMetadata.read(_token);
            data = abi.encodeCall(ITokenBridge.finalizeMint, (_token, msg.sender, _to, _amount, metadata));
        } else {
            BridgedERC20(_token).burn(msg.sender, _amount);
            data = abi.encodeCall(ITokenBridge.finalizeRelease, (remote, msg.sender, _to, _amount));
        }
        index = _messenger().sendMessage{value: _fee}(_peer, _fee, TOKEN_MESSAGE_GAS, data);
        emit TokensSent(index, _token, msg.sender, _to, _amount);
    }

    /// @dev The messenger of this chain.
    function _messenger() internal view virtual returns (IMessenger);

    /// @dev Messengers of the other chain make arbitrary calls, so tokens that they held would be anybody's.
    function _isRemoteMessenger(address _to) internal view virtual returns (bool);

    /// @dev Sender on the other chain of the message in delivery.
    function _remoteSender() internal view virtual returns (address);

    /// @dev The BridgedERC20 that clones point to.
    function _implementation() internal view virtual returns (address);

    /// @dev Takes exactly the amount, or nothing.
    function _escrow(address _token, uint256 _amount) private {
        _escrowed[_token] += _amount;
        uint256 before = IERC20(_token).balanceOf(address(this));
        IERC20(_token).safeTransferFrom(msg.sender, address(this), _amount);
        uint256 held = IERC20(_token).balanceOf(address(this));
        if (held < before || held - before != _amount) revert TokenBridge_WrongAmount(_token);
    }

    /// @dev Nobody but this contract can deploy at the clone's address, and a clone is made and initialized in one call.
    function _create(address _remoteToken, bytes calldata _metadata) private returns (address local) {
        (string memory name, string memory symbol, uint8 decimals) = abi.decode(_metadata, (string, string, uint8));
        local = Clones.cloneDeterministic(_implementation(), _salt(_remoteToken));
        _localTokens[_remoteToken] = local;
        _remoteTokens[local] = _remoteToken;
        emit TokenCreated(_remoteToken, local);
        BridgedERC20(local).initialize(name, symbol, decimals);
    }

    function _requirePeer() private view {
        if (msg.sender != address(_messenger()) || _remoteSender() != _peer) revert TokenBridge_NotPeer();
    }

    function _salt(address _remoteToken) private pure returns (bytes32) {
        return bytes32(uint256(uint160(_remoteToken)));
    }
}
