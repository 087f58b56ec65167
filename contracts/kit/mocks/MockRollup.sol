// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Execute} from "../Execute.sol";
import {L2Addresses} from "../L2Addresses.sol";
import {CrossMessengerMock} from "./CrossMessengerMock.sol";
import {ExecuteMock} from "./ExecuteMock.sol";
import {L1MessengerMock} from "./L1MessengerMock.sol";
import {L2MessengerMock} from "./L2MessengerMock.sol";

/// @title The cheatcodes that MockRollup needs; Foundry has them, and so has Hardhat in Solidity tests
interface IMockCheats {
    /// @notice Puts code at an address.
    /// @param target the address
    /// @param code runtime code
    function etch(address target, bytes calldata code) external;

    /// @notice Gives an address ETH.
    /// @param account the address
    /// @param balance wei that it has from then on
    function deal(address account, uint256 balance) external;
}

/// @notice The mocks of one rollup, connected.
/// @param l1 messenger of L1
/// @param l2 messenger of L2, at L2Addresses.MESSENGER
/// @param cross messenger between rollups, at L2Addresses.CROSS_MESSENGER
/// @param execute EXECUTE, at 0x0101
struct RollupMocks {
    L1MessengerMock l1;
    L2MessengerMock l2;
    CrossMessengerMock cross;
    ExecuteMock execute;
}

/// @title Sets up all mocks in one line of a Solidity test
library MockRollup {
    /// @dev What a devnet gives its first rollup.
    uint64 internal constant L2_CHAIN_ID = 28_079;
    /// @dev Wei that may be withdrawn without a deposit before.
    uint256 internal constant BACKING = 1_000 ether;
    /// @dev Wei that L2 can pay out for deposits: more than all ETH there is.
    uint256 internal constant RESERVE = 1_000_000_000 ether;

    IMockCheats private constant CHEATS = IMockCheats(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    /// @notice Both messengers, the one between rollups and EXECUTE, where contracts look for them.
    /// @return mocks see RollupMocks
    function install() internal returns (RollupMocks memory mocks) {
        CHEATS.etch(L2Addresses.MESSENGER, type(L2MessengerMock).runtimeCode);
        CHEATS.etch(L2Addresses.CROSS_MESSENGER, type(CrossMessengerMock).runtimeCode);
        CHEATS.etch(Execute.PRECOMPILE, type(ExecuteMock).runtimeCode);
        CHEATS.deal(L2Addresses.MESSENGER, RESERVE);
        CHEATS.deal(address(this), address(this).balance + BACKING);
        mocks.l1 = new L1MessengerMock{value: BACKING}(address(0xA11), address(0xB11), L2_CHAIN_ID);
        mocks.l2 = L2MessengerMock(L2Addresses.MESSENGER);
        mocks.cross = CrossMessengerMock(L2Addresses.CROSS_MESSENGER);
        mocks.execute = ExecuteMock(payable(Execute.PRECOMPILE));
        mocks.l2.connect(mocks.l1);
        mocks.cross.setL1ChainId(uint64(block.chainid));
    }
}
