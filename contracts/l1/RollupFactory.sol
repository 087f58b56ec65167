// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create3} from "@openzeppelin/contracts/utils/Create3.sol";

import {CreationCodes} from "../lib/CreationCodes.sol";
import {Messages} from "../lib/Messages.sol";
import {RollupAddresses} from "../lib/RollupAddresses.sol";
import {TOKEN_MESSAGE_GAS} from "../lib/TokenBridge.sol";
import {L1Messenger, MessengerConfig} from "./L1Messenger.sol";
import {L1TokenBridge} from "./L1TokenBridge.sol";
import {NativeRollup, RollupConfig} from "./NativeRollup.sol";

/// @notice What `RollupFactory.create` needs.
/// @param config configuration of the NativeRollup, see RollupConfig
/// @param maxMessageGas highest gas limit of a message to L2, 3,000,000 to 8,000,000
/// @param creationCodes creation codes of NativeRollup, L1Messenger and L1TokenBridge, without constructor arguments
struct Params {
    RollupConfig config;
    uint64 maxMessageGas;
    bytes[] creationCodes;
}

/// @title Creates the contracts of further rollups on this L1
/// @notice Addresses depend on this factory and the chain id only (CREATE3), because the L2 genesis contains the address of
/// its L1 messenger while the constructor on L1 needs the hash of that genesis. Creation codes come as calldata, since they do
/// not fit into one contract, and are compared with the hashes known when this factory was built.
contract RollupFactory {
    /// @notice The WithdrawalVerifier that every messenger uses.
    address public immutable VERIFIER;
    /// @notice The BridgedERC20 that the tokens made by every L1TokenBridge are clones of.
    address public immutable TOKEN_IMPLEMENTATION;

    /// @dev Gas that one L2 block needs beside a message's own: its calldata, proof and delivery.
    uint64 private constant CLAIM_RESERVE = 2_000_000;
    /// @dev Block gas limits of Ethereum clients are at most 2^63 - 1.
    uint64 private constant HIGHEST_GAS_LIMIT = type(uint64).max >> 1;

    mapping(uint64 => address) private _rollups;

    /// @notice A rollup was created.
    /// @param chainId chain id of its L2
    /// @param rollup its NativeRollup
    /// @param messenger its L1Messenger
    /// @param bridge its L1TokenBridge
    event RollupCreated(uint64 indexed chainId, address rollup, address messenger, address bridge);

    /// @notice The chain id belongs to another rollup or to this L1.
    error RollupFactory_ChainIdTaken();
    /// @notice The gas limit is above 2^63 - 1.
    error RollupFactory_GasLimitTooHigh();
    /// @notice The highest gas limit of a message is below what the token bridges' messages have.
    error RollupFactory_MessageGasTooLow();
    /// @notice The highest gas limit of a message is above what one transaction can deliver on every L2.
    error RollupFactory_MessageGasTooHigh();
    /// @notice The gas limit leaves no room for the largest message.
    error RollupFactory_GasLimitTooLow();
    /// @notice A creation code is not the one this factory was built with, or there are more or fewer than three.
    /// @param position which one, or how many were given
    error RollupFactory_WrongCreationCode(uint256 position);
    /// @notice The rollup refused its configuration.
    error NativeRollup_BadConfig();

    /// @notice A factory whose messengers use one verifier.
    /// @param _verifier the WithdrawalVerifier
    /// @param _tokenImplementation a BridgedERC20
    constructor(address _verifier, address _tokenImplementation) {
        VERIFIER = _verifier;
        TOKEN_IMPLEMENTATION = _tokenImplementation;
    }

    /// @notice Creates a rollup's contracts. The value sent along is the backing of the L2 genesis balances outside the L2
    /// messenger, in wei.
    /// @param _params see Params
    /// @return rollup its NativeRollup
    /// @return messenger its L1Messenger
    /// @return bridge its L1TokenBridge
    function create(Params calldata _params)
        external
        payable
        returns (NativeRollup rollup, L1Messenger messenger, L1TokenBridge bridge)
    {
        _checkParams(_params);
        uint64 chainId = _params.config.chainId;
        (address rollupAddress, address messengerAddress, address bridgeAddress) = predict(chainId);
        _rollups[chainId] = rollupAddress;
        emit RollupCreated(chainId, rollupAddress, messengerAddress, bridgeAddress);

        rollup = NativeRollup(rollupAddress);
        messenger = L1Messenger(messengerAddress);
        bridge = L1TokenBridge(bridgeAddress);
        MessengerConfig memory config = MessengerConfig({
            rollup: rollupAddress,
            verifier: VERIFIER,
            tokenBridge: bridgeAddress,
            l2ChainId: chainId,
            maxMessageGas: _params.maxMessageGas
        });
        bytes[] calldata codes = _params.creationCodes;
        Create3.deploy(0, RollupAddresses.salt(chainId, "rollup"), bytes.concat(codes[0], abi.encode(_params.config)));
        bytes memory messengerCode = bytes.concat(codes[1], abi.encode(config));
        Create3.deploy(msg.value, RollupAddresses.salt(chainId, "messenger"), messengerCode);
        bytes memory bridgeCode = bytes.concat(codes[2], abi.encode(messenger, TOKEN_IMPLEMENTATION));
        Create3.deploy(0, RollupAddresses.salt(chainId, "bridge"), bridgeCode);
    }

    /// @notice Where the contracts of a chain id are or will be.
    /// @param _chainId chain id of an L2
    /// @return rollup address of its NativeRollup
    /// @return messenger address of its L1Messenger
    /// @return bridge address of its L1TokenBridge
    function predict(uint64 _chainId) public view returns (address rollup, address messenger, address bridge) {
        rollup = RollupAddresses.rollup(address(this), _chainId);
        messenger = RollupAddresses.messenger(address(this), _chainId);
        bridge = RollupAddresses.bridge(address(this), _chainId);
    }

    /// @notice The NativeRollup of a chain id; zero when there is none.
    /// @param _chainId chain id of an L2
    /// @return its address
    function rollupOf(uint64 _chainId) external view returns (address) {
        return _rollups[_chainId];
    }

    function _checkParams(Params calldata _params) private view {
        uint64 chainId = _params.config.chainId;
        if (chainId == block.chainid || _rollups[chainId] != address(0)) revert RollupFactory_ChainIdTaken();
        if (_params.config.gasLimit > HIGHEST_GAS_LIMIT) revert RollupFactory_GasLimitTooHigh();
        if (_params.maxMessageGas < TOKEN_MESSAGE_GAS) revert RollupFactory_MessageGasTooLow();
        // Whatever the L2 block's gas limit: no transaction has more than 2^24 of regular gas (EIP-7825), and neither has the
        // L1 transaction that settles the block. A message with more could never be delivered, and its value would be lost.
        if (_params.maxMessageGas > Messages.MAX_GAS) revert RollupFactory_MessageGasTooHigh();
        // 64/63 of the message's gas must be there when it is delivered; 128 bits hold every sum.
        uint256 needed = uint256(_params.maxMessageGas) * 64 / 63 + CLAIM_RESERVE;
        if (_params.config.gasLimit < needed) revert RollupFactory_GasLimitTooLow();
        bytes[] calldata codes = _params.creationCodes;
        if (codes.length != 3) revert RollupFactory_WrongCreationCode(codes.length);
        if (keccak256(codes[0]) != CreationCodes.NATIVE_ROLLUP) revert RollupFactory_WrongCreationCode(0);
        if (keccak256(codes[1]) != CreationCodes.L1_MESSENGER) revert RollupFactory_WrongCreationCode(1);
        if (keccak256(codes[2]) != CreationCodes.L1_TOKEN_BRIDGE) revert RollupFactory_WrongCreationCode(2);
    }
}
