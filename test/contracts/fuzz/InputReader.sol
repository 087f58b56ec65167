// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StatelessInput} from "../../../contracts/lib/StatelessInput.sol";
import {StatelessInputLayout as Layout} from "../../../contracts/lib/StatelessInputLayout.sol";

/// @dev Reads many inputs in one call. A revert counts as a refusal.
contract InputReader {
    struct Fields {
        bool ok;
        uint16 schemaId;
        uint64 chainId;
        bytes32 parentBeaconBlockRoot;
        bytes32 parentHash;
        address feeRecipient;
        bytes32 stateRoot;
        bytes32 prevRandao;
        uint64 blockNumber;
        uint64 gasLimit;
        uint64 timestamp;
        bytes32 blockHash;
        uint64 slotNumber;
    }

    uint256 private constant GAS = 20_000_000;

    function inputs(bytes[] calldata _inputs) external view returns (Fields[] memory fields) {
        fields = new Fields[](_inputs.length);
        for (uint256 i = 0; i < _inputs.length; ++i) {
            try this.read{gas: GAS}(_inputs[i]) returns (Fields memory read_) {
                fields[i] = read_;
            } catch {}
        }
    }

    /// @dev What NativeRollup.advance reads, in its order.
    function read(bytes calldata _input) external pure returns (Fields memory) {
        require(_input.length >= 2 && StatelessInput.readSchemaId(_input) == Layout.SCHEMA_ID);
        StatelessInput.requireLayout(_input);
        return Fields({
            ok: true,
            schemaId: StatelessInput.readSchemaId(_input),
            chainId: StatelessInput.readUint64(_input, Layout.CHAIN_ID_AT),
            parentBeaconBlockRoot: StatelessInput.readBytes32(_input, Layout.PARENT_BEACON_BLOCK_ROOT_AT),
            parentHash: StatelessInput.readBytes32(_input, Layout.PARENT_HASH_AT),
            feeRecipient: StatelessInput.readAddress(_input, Layout.FEE_RECIPIENT_AT),
            stateRoot: StatelessInput.readBytes32(_input, Layout.STATE_ROOT_AT),
            prevRandao: StatelessInput.readBytes32(_input, Layout.PREV_RANDAO_AT),
            blockNumber: StatelessInput.readUint64(_input, Layout.BLOCK_NUMBER_AT),
            gasLimit: StatelessInput.readUint64(_input, Layout.GAS_LIMIT_AT),
            timestamp: StatelessInput.readUint64(_input, Layout.TIMESTAMP_AT),
            blockHash: StatelessInput.readBytes32(_input, Layout.BLOCK_HASH_AT),
            slotNumber: StatelessInput.readUint64(_input, Layout.SLOT_NUMBER_AT)
        });
    }
}
