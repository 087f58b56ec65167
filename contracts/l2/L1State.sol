// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {L1Anchor, L1Header} from "../lib/L1Anchor.sol";
import {Account, Mpt} from "../lib/Mpt.sol";

/// @title L1 as L2 sees it
/// @notice Lies in the L2 genesis at 0x8079000000000000000000000000000000000003, without storage. Everything is proven from
/// the hash of an L1 block that an L2 block carries (see L1Anchor). Whoever calls chooses the L2 block, up to 8,191 seconds
/// back: a contract that must not act on old state compares the L1 block number that comes with every answer.
contract L1State {
    // What the libraries refuse with, declared here so that this contract's ABI names it.

    /// @notice EIP-4788 has no anchor for that timestamp.
    error L1Anchor_Unknown();
    /// @notice The bytes are not the anchor's header.
    error L1Anchor_WrongHeader();
    /// @notice A state proof does not lead from the state root to the value.
    error Mpt_InvalidProof();
    /// @notice A header or proof node is not canonical RLP.
    error Rlp_Invalid();

    /// @notice Hash of the L1 block that an L2 block carries.
    /// @param _anchorTimestamp timestamp of that L2 block, seconds
    /// @return the hash
    function blockHash(uint256 _anchorTimestamp) external view returns (bytes32) {
        return L1Anchor.hashAt(_anchorTimestamp);
    }

    /// @notice The fields of an L1 header.
    /// @param _anchorTimestamp timestamp of the L2 block whose anchor is used, seconds
    /// @param _l1Header RLP of the L1 header whose hash is that anchor
    /// @return see L1Header
    function header(uint256 _anchorTimestamp, bytes calldata _l1Header) external view returns (L1Header memory) {
        return L1Anchor.headerAt(_anchorTimestamp, _l1Header);
    }

    /// @notice An account of L1.
    /// @param _anchorTimestamp timestamp of the L2 block whose anchor is used, seconds
    /// @param _l1Header RLP of the L1 header whose hash is that anchor
    /// @param _account address on L1
    /// @param _accountProof trie nodes from the header's state root to the account
    /// @return exists false when there is no such account; the account is empty then
    /// @return account nonce, balance (wei), storage root and code hash
    /// @return l1Block number of the L1 block
    function accountAt(
        uint256 _anchorTimestamp,
        bytes calldata _l1Header,
        address _account,
        bytes[] calldata _accountProof
    ) external view returns (bool exists, Account memory account, uint64 l1Block) {
        bytes32 stateRoot;
        (stateRoot, l1Block) = L1Anchor.stateAt(_anchorTimestamp, _l1Header);
        (exists, account) = Mpt.account(stateRoot, _account, _accountProof);
    }

    /// @notice A storage slot of an account of L1.
    /// @param _anchorTimestamp timestamp of the L2 block whose anchor is used, seconds
    /// @param _l1Header RLP of the L1 header whose hash is that anchor
    /// @param _account address on L1
    /// @param _slot position of the slot, not hashed
    /// @param _accountProof trie nodes from the header's state root to the account
    /// @param _storageProof trie nodes from its storage root to the slot
    /// @return value zero when the slot or the account is not there
    /// @return l1Block number of the L1 block
    function storageAt(
        uint256 _anchorTimestamp,
        bytes calldata _l1Header,
        address _account,
        bytes32 _slot,
        bytes[] calldata _accountProof,
        bytes[] calldata _storageProof
    ) external view returns (bytes32 value, uint64 l1Block) {
        bytes32 stateRoot;
        (stateRoot, l1Block) = L1Anchor.stateAt(_anchorTimestamp, _l1Header);
        value = Mpt.storageValue(stateRoot, _account, _slot, _accountProof, _storageProof);
    }
}
