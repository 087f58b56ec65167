// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Where the contracts of every L2 are; those of L1 differ from rollup to rollup (`rollup_config` tells them)
library L2Addresses {
    /// @dev IL2Messenger: messages from and to L1
    address internal constant MESSENGER = 0x8079000000000000000000000000000000000001;
    /// @dev IL2TokenBridge
    address internal constant TOKEN_BRIDGE = 0x8079000000000000000000000000000000000002;
    /// @dev IL1State: proofs of L1's headers, accounts and storage
    address internal constant L1_STATE = 0x8079000000000000000000000000000000000003;
    /// @dev what every token that the token bridge makes is a clone of
    address internal constant TOKEN_IMPLEMENTATION = 0x8079000000000000000000000000000000000004;
    /// @dev ICrossMessenger: messages from and to other rollups
    address internal constant CROSS_MESSENGER = 0x8079000000000000000000000000000000000005;
}
