// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

import {Mpt} from "../../../contracts/lib/Mpt.sol";

/// @dev Asks our libraries and OpenZeppelin's about many proofs in one call. A revert counts as a refusal.
contract Proofs {
    struct ProofCase {
        bytes32 root;
        bytes32 key;
        bytes[] proof;
    }

    struct SlotCase {
        bytes32 root;
        address account;
        bytes32 slot;
        bytes[] accountProof;
        bytes[] storageProof;
    }

    /// @dev An accepted answer without bytes means absence.
    struct Answer {
        bool ok;
        bytes value;
    }

    uint256 private constant GAS = 20_000_000;

    function proofs(ProofCase[] calldata _cases) external view returns (Answer[] memory ours, Answer[] memory theirs) {
        ours = new Answer[](_cases.length);
        theirs = new Answer[](_cases.length);
        for (uint256 i = 0; i < _cases.length; ++i) {
            ProofCase calldata one = _cases[i];
            try this.get{gas: GAS}(one.root, one.key, one.proof) returns (bytes memory value) {
                ours[i] = Answer(true, value);
            } catch {}
            try this.traverse{gas: GAS}(one.root, one.key, one.proof) returns (bytes memory value) {
                theirs[i] = Answer(true, value);
            } catch {}
        }
    }

    function slots(SlotCase[] calldata _cases) external view returns (Answer[] memory ours, Answer[] memory theirs) {
        ours = new Answer[](_cases.length);
        theirs = new Answer[](_cases.length);
        for (uint256 i = 0; i < _cases.length; ++i) {
            try this.storageValue{gas: GAS}(_cases[i]) returns (bytes32 value) {
                ours[i] = Answer(true, value == 0 ? bytes("") : abi.encodePacked(value));
            } catch {}
            try this.traverseTwice{gas: GAS}(_cases[i]) returns (bytes32 value) {
                theirs[i] = Answer(true, abi.encodePacked(value));
            } catch {}
        }
    }

    function get(bytes32 _root, bytes32 _key, bytes[] calldata _proof) external pure returns (bytes memory) {
        return Mpt.get(_root, _key, _proof);
    }

    function traverse(bytes32 _root, bytes32 _key, bytes[] calldata _proof) external pure returns (bytes memory) {
        return TrieProof.traverse(_root, abi.encodePacked(_key), _proof);
    }

    function storageValue(SlotCase calldata _case) external pure returns (bytes32) {
        return Mpt.storageValue(_case.root, _case.account, _case.slot, _case.accountProof, _case.storageProof);
    }

    /// @dev The same with OpenZeppelin alone.
    function traverseTwice(SlotCase calldata _case) external pure returns (bytes32) {
        bytes memory key = abi.encodePacked(keccak256(abi.encodePacked(_case.account)));
        Memory.Slice[] memory account = RLP.decodeList(TrieProof.traverse(_case.root, key, _case.accountProof));
        require(account.length == 4);
        bytes32 storageRoot = RLP.readBytes32(account[2]);
        key = abi.encodePacked(keccak256(abi.encodePacked(_case.slot)));
        return RLP.decodeBytes32(TrieProof.traverse(storageRoot, key, _case.storageProof));
    }
}
