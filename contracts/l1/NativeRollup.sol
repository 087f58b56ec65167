// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";

import {INativeRollup} from "../interfaces/INativeRollup.sol";
import {ForcedQueue} from "../lib/ForcedQueue.sol";
import {StatelessInput} from "../lib/StatelessInput.sol";
import {StatelessInputLayout as Layout} from "../lib/StatelessInputLayout.sol";

/// @notice Immutable configuration of one rollup. Times are seconds, `maxAnchorAge` is L1 blocks, gas is gas, the bond wei.
/// @param chainId chain id of the L2
/// @param gasLimit gas limit of every L2 block
/// @param feeRecipient required fee recipient of every L2 block; zero leaves it free
/// @param sequencer who may advance; zero lets anyone
/// @param genesisHash hash of the L2 genesis block
/// @param genesisStateRoot state root of the L2 genesis block
/// @param genesisTimestamp timestamp of the L2 genesis block
/// @param maxAnchorAge how many L1 blocks old an anchor may be, 1 to 8,191
/// @param maxTimestampLag how far an L2 timestamp may lie behind the L1 block that settles it
/// @param finalityDelay age at which a state root may be used for withdrawals
/// @param sequencerTimeout silence after which anyone may advance
/// @param forcedDeadline age at which a forced transaction opens the rollup to anyone
/// @param forcedExpiry age at which a forced transaction is dropped
/// @param forcedBond bond of a forced transaction
struct RollupConfig {
    uint64 chainId;
    uint64 gasLimit;
    address feeRecipient;
    address sequencer;
    bytes32 genesisHash;
    bytes32 genesisStateRoot;
    uint64 genesisTimestamp;
    uint64 maxAnchorAge;
    uint64 maxTimestampLag;
    uint64 finalityDelay;
    uint64 sequencerTimeout;
    uint64 forcedDeadline;
    uint64 forcedExpiry;
    uint256 forcedBond;
}

/// @title The L1 side of one native rollup
/// @notice Keeps the head of an L2 chain. A block is accepted when the EXECUTE precompile re-executes it and every field
/// that EXECUTE leaves open is the one this contract wants. All fields are read from the very bytes that are forwarded, at
/// positions that cannot move; nothing about the new head comes from anywhere else. No proxy, no owner.
contract NativeRollup is INativeRollup, ForcedQueue {
    /// @dev One slot.
    struct Head {
        uint64 number;
        uint64 timestamp;
        uint64 anchorBlock;
        uint64 lastAdvance;
    }

    /// @dev A state root that is kept for ever; two slots.
    struct Checkpoint {
        bytes32 stateRoot;
        uint64 recordedAt;
    }

    /// @notice Address of the EXECUTE precompile (EIP-8079 leaves it open).
    address public constant EXECUTE = address(0x0101);
    /// @notice How many state roots are kept.
    uint256 public constant STATE_ROOT_HISTORY = 8192;
    /// @notice Schema id of the StatelessInput encoding that this contract reads.
    uint16 public constant SCHEMA_ID = Layout.SCHEMA_ID;
    /// @dev Seconds between checkpoints at least: 8,192 blocks do not fit into so little of L1's gas.
    uint64 private constant SHORTEST_INTERVAL = 60;
    /// @dev Blocks that EIP-2935 serves.
    uint64 private constant ANCHOR_WINDOW = 8191;

    /// @notice Chain id of the L2.
    uint64 public immutable CHAIN_ID;
    /// @notice Gas limit of every L2 block.
    uint64 public immutable GAS_LIMIT;
    /// @notice Required fee recipient of every L2 block; zero leaves it free.
    address public immutable FEE_RECIPIENT;
    /// @notice Hash of the L2 genesis block.
    bytes32 public immutable GENESIS_HASH;
    /// @notice State root of the L2 genesis block.
    bytes32 public immutable GENESIS_STATE_ROOT;
    /// @notice How many L1 blocks old an anchor may be.
    uint64 public immutable MAX_ANCHOR_AGE;
    /// @notice Seconds that an L2 timestamp may lie behind the L1 block that settles it.
    uint64 public immutable MAX_TIMESTAMP_LAG;
    /// @notice Seconds after which a state root may be used for withdrawals.
    uint64 public immutable FINALITY_DELAY;
    /// @notice Seconds between checkpoints, a 16th of FINALITY_DELAY and at least 60; zero when FINALITY_DELAY is zero.
    uint64 public immutable CHECKPOINT_INTERVAL;
    /// @notice Seconds of silence after which anyone may advance.
    uint64 public immutable SEQUENCER_TIMEOUT;

    bytes32 private _headHash; // slot 0
    Head private _head; // slot 1
    address private _sequencer; // slot 2
    address private _pendingSequencer; // slot 3
    Queue private _queue; // slots 4 and 5
    bytes32[8192] private _stateRoots; // slots 6 to 8197, number mod 8192
    uint64[8192] private _recordedAt; // slots 8198 to 10245, used when FINALITY_DELAY > 0
    mapping(uint64 number => Checkpoint) private _checkpoints; // slot 10246, used when FINALITY_DELAY > 0
    uint64 private _lastCheckpoint; // slot 10247, L1 timestamp

    /// @notice The chain has a new head. The block's full input is in the calldata of this transaction.
    /// @param number L2 block number
    /// @param blockHash L2 block hash
    /// @param stateRoot L2 state root after the block
    /// @param anchorBlock number of the L1 block whose hash the L2 block carries
    /// @param requestRoot hash_tree_root of the new payload request as EXECUTE returned it
    event BlockAdvanced(
        uint64 indexed number, bytes32 indexed blockHash, bytes32 stateRoot, uint64 anchorBlock, bytes32 requestRoot
    );
    /// @notice The state root of a block is kept for ever: of block 1, and then of the first one that is settled
    /// CHECKPOINT_INTERVAL after the last.
    /// @param number L2 block number
    event StateCheckpointed(uint64 indexed number);
    /// @notice The sequencer named a successor, who must accept; zero withdraws the nomination.
    /// @param next the successor
    event SequencerNominated(address indexed next);
    /// @notice Another address is the sequencer now.
    /// @param previous who was it before; zero at creation
    /// @param next who is it now
    event SequencerChanged(address indexed previous, address indexed next);

    /// @notice The input has another schema id, or EXECUTE answered with another one.
    error NativeRollup_WrongSchema();
    /// @notice The input is for another chain id.
    error NativeRollup_WrongChain();
    /// @notice The block does not build on the head.
    error NativeRollup_WrongParent();
    /// @notice The block number is not the head's plus one.
    error NativeRollup_WrongNumber();
    /// @notice The block's gas limit is not GAS_LIMIT.
    error NativeRollup_WrongGasLimit();
    /// @notice The block's fee recipient is not FEE_RECIPIENT.
    error NativeRollup_WrongFeeRecipient();
    /// @notice prev_randao is not keccak256(abi.encode(anchor hash, block number)).
    error NativeRollup_WrongRandao();
    /// @notice The slot number is not the block number.
    error NativeRollup_WrongSlot();
    /// @notice The block is later than this L1 block.
    error NativeRollup_FutureTimestamp();
    /// @notice The block is more than MAX_TIMESTAMP_LAG earlier than this L1 block.
    error NativeRollup_StaleTimestamp();
    /// @notice The block does not carry the hash of the named L1 block, or that hash is not available.
    error NativeRollup_AnchorMismatch();
    /// @notice The anchor is older than that of the head.
    error NativeRollup_AnchorMovedBack();
    /// @notice The anchor is more than MAX_ANCHOR_AGE blocks old.
    error NativeRollup_AnchorTooOld();
    /// @notice EXECUTE refused the input, is not there, or answered something else than success for this chain.
    error NativeRollup_ExecuteFailed();
    /// @notice The caller is not the sequencer and the rollup is not open.
    error NativeRollup_NotSequencer();
    /// @notice The caller is a contract or a delegated account; inputs must be in the transaction itself.
    error NativeRollup_NotTopLevel();
    /// @notice The block is not settled or its state root has left the ring.
    error NativeRollup_UnknownBlock();
    /// @notice The block is younger than FINALITY_DELAY.
    error NativeRollup_NotFinal();
    /// @notice The batch is empty or its lists differ in length.
    error NativeRollup_BadBatch();
    /// @notice A configuration value is out of range.
    error NativeRollup_BadConfig();

    /// @notice The head is the genesis block, and the time of silence begins now.
    /// @param _config see RollupConfig
    constructor(RollupConfig memory _config)
        ForcedQueue(_config.forcedDeadline, _config.forcedExpiry, _config.forcedBond)
    {
        if (_config.maxAnchorAge == 0 || _config.maxAnchorAge > ANCHOR_WINDOW) revert NativeRollup_BadConfig();
        if (_config.forcedExpiry <= _config.forcedDeadline) revert NativeRollup_BadConfig();
        // No block could be later than genesis and not later than L1.
        if (_config.genesisTimestamp > block.timestamp) revert NativeRollup_BadConfig();
        CHAIN_ID = _config.chainId;
        GAS_LIMIT = _config.gasLimit;
        FEE_RECIPIENT = _config.feeRecipient;
        GENESIS_HASH = _config.genesisHash;
        GENESIS_STATE_ROOT = _config.genesisStateRoot;
        MAX_ANCHOR_AGE = _config.maxAnchorAge;
        MAX_TIMESTAMP_LAG = _config.maxTimestampLag;
        FINALITY_DELAY = _config.finalityDelay;
        CHECKPOINT_INTERVAL = _checkpointInterval(_config.finalityDelay);
        SEQUENCER_TIMEOUT = _config.sequencerTimeout;
        _headHash = _config.genesisHash;
        _head = Head({
            number: 0, timestamp: _config.genesisTimestamp, anchorBlock: 0, lastAdvance: uint64(block.timestamp)
        });
        _sequencer = _config.sequencer;
        _stateRoots[0] = _config.genesisStateRoot;
        if (_config.finalityDelay != 0) _recordedAt[0] = uint64(block.timestamp);
        emit SequencerChanged(address(0), _config.sequencer);
    }

    /// @notice Appends one block. Forced transactions at the front of the queue that it contains are resolved.
    /// @param _input StatelessInput of the block: schema id (2 bytes), then SSZ
    /// @param _anchorBlock number of the L1 block whose hash is the block's parent_beacon_block_root
    function advance(bytes calldata _input, uint64 _anchorBlock) external {
        _requireProposer();
        uint64 number = _advance(_input, _anchorBlock);
        _resolveOldest(_input, number, QUEUE_STEPS);
    }

    /// @notice Appends one block and resolves forced transactions wherever they are in the queue: those behind one that
    /// no block can include, or more than `advance` looks for.
    /// @param _input StatelessInput of the block: schema id (2 bytes), then SSZ
    /// @param _anchorBlock number of the L1 block whose hash is the block's parent_beacon_block_root
    /// @param _ids forced transactions that the block contains, cheapest in the order of the block
    function advanceWithForced(bytes calldata _input, uint64 _anchorBlock, uint64[] calldata _ids) external {
        _requireProposer();
        uint64 number = _advance(_input, _anchorBlock);
        _resolveNamed(_input, number, _ids);
        _resolveOldest(_input, number, QUEUE_STEPS);
    }

    /// @notice Appends several blocks, all or none. The work on the forced queue is that of one `advance`.
    /// @param _inputs StatelessInputs in block order
    /// @param _anchorBlocks one L1 block number for each input
    function advanceBatch(bytes[] calldata _inputs, uint64[] calldata _anchorBlocks) external {
        _requireProposer();
        if (_inputs.length == 0 || _inputs.length != _anchorBlocks.length) revert NativeRollup_BadBatch();
        uint256 steps = QUEUE_STEPS;
        for (uint256 i = 0; i < _inputs.length; ++i) {
            uint64 number = _advance(_inputs[i], _anchorBlocks[i]);
            steps = _resolveOldest(_inputs[i], number, steps);
        }
    }

    /// @notice Nominates another sequencer, who takes over by `acceptSequencer`; zero withdraws the nomination.
    /// @param _next the successor
    function setSequencer(address _next) external {
        if (msg.sender != _sequencer) revert NativeRollup_NotSequencer();
        _pendingSequencer = _next;
        emit SequencerNominated(_next);
    }

    /// @notice Takes the sequencer's place; only for the nominated address.
    function acceptSequencer() external {
        if (msg.sender != _pendingSequencer) revert NativeRollup_NotSequencer();
        emit SequencerChanged(_sequencer, msg.sender);
        _sequencer = msg.sender;
        _pendingSequencer = address(0);
    }

    /// @notice True when anyone may advance: no sequencer is set, it has been silent for SEQUENCER_TIMEOUT, or a forced
    /// transaction is overdue.
    /// @return true when anyone may advance
    function isOpen() public view returns (bool) {
        if (_sequencer == address(0)) return true;
        return block.timestamp >= uint256(_head.lastAdvance) + SEQUENCER_TIMEOUT || _isForcedOverdue();
    }

    /// @notice Hash of the newest settled L2 block.
    /// @return the hash
    function headHash() external view returns (bytes32) {
        return _headHash;
    }

    /// @notice Number of the newest settled L2 block.
    /// @return L2 block number
    function headNumber() external view returns (uint64) {
        return _head.number;
    }

    /// @notice Timestamp of the newest settled L2 block, seconds.
    /// @return seconds
    function headTimestamp() external view returns (uint64) {
        return _head.timestamp;
    }

    /// @notice Number of the L1 block that the newest settled L2 block is anchored to.
    /// @return L1 block number
    function anchorBlock() external view returns (uint64) {
        return _head.anchorBlock;
    }

    /// @notice L1 timestamp at which the sequencer moved the head last, or of creation, seconds.
    /// @return seconds
    function lastAdvance() external view returns (uint64) {
        return _head.lastAdvance;
    }

    /// @notice Who may advance; zero means anyone.
    /// @return the address
    function sequencer() external view returns (address) {
        return _sequencer;
    }

    /// @notice Who may become the sequencer by accepting.
    /// @return the address; zero when nobody is nominated
    function pendingSequencer() external view returns (address) {
        return _pendingSequencer;
    }

    /// @notice State root of one of the last 8,192 settled L2 blocks, or of a checkpoint.
    /// @param _number L2 block number
    /// @return root the state root
    function stateRootAt(uint64 _number) external view returns (bytes32 root) {
        (root,) = _recorded(_number);
    }

    /// @notice L1 timestamp at which an L2 block was settled, seconds; zero when FINALITY_DELAY is zero.
    /// @param _number L2 block number, one that `stateRootAt` answers for
    /// @return time seconds
    function recordedAt(uint64 _number) external view returns (uint64 time) {
        (, time) = _recorded(_number);
    }

    /// @inheritdoc INativeRollup
    /// @param _number L2 block number
    /// @return root the state root
    function finalizedStateRootAt(uint64 _number) external view returns (bytes32 root) {
        uint64 time;
        (root, time) = _recorded(_number);
        if (block.timestamp < uint256(time) + FINALITY_DELAY) revert NativeRollup_NotFinal();
    }

    function _forcedQueue() internal view override returns (Queue storage) {
        return _queue;
    }

    function _requireProposer() private view {
        // Nobody is authorised by it: inputs must be in the calldata of the transaction itself.
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert NativeRollup_NotTopLevel();
        if (msg.sender != _sequencer && !isOpen()) revert NativeRollup_NotSequencer();
    }

    /// @dev Everything that is cheap comes before EXECUTE, so that a lost race costs little. The search for forced
    /// transactions comes after it: then the list that is searched is the one that was executed, and the gas for it is
    /// what a call cannot be given anyway (63/64), so that a large block needs no more gas because of a full queue.
    function _advance(bytes calldata _input, uint64 _anchorBlock) private returns (uint64 number) {
        if (_input.length < 2) revert StatelessInput.StatelessInput_BadLayout(_input.length);
        if (StatelessInput.readSchemaId(_input) != Layout.SCHEMA_ID) revert NativeRollup_WrongSchema();
        StatelessInput.requireLayout(_input);
        uint64 timestamp;
        (number, timestamp) = _checkFields(_input);
        _checkAnchor(_input, number, _anchorBlock);

        bytes32 requestRoot = _execute(_input);

        bytes32 blockHash = StatelessInput.readBytes32(_input, Layout.BLOCK_HASH_AT);
        bytes32 stateRoot = StatelessInput.readBytes32(_input, Layout.STATE_ROOT_AT);
        _headHash = blockHash;
        // Only its own blocks count as the sequencer's sign of life: else whoever gets in first while the rollup is open
        // would close it again, and could keep everybody else out with one empty block for each timeout.
        uint64 lastAdvance_ = msg.sender == _sequencer ? uint64(block.timestamp) : _head.lastAdvance;
        _head = Head({
            number: number, timestamp: timestamp, anchorBlock: _anchorBlock, lastAdvance: lastAdvance_
        });
        _record(number, stateRoot);
        emit BlockAdvanced(number, blockHash, stateRoot, _anchorBlock, requestRoot);
    }

    function _checkFields(bytes calldata _input) private view returns (uint64 number, uint64 timestamp) {
        if (StatelessInput.readBytes32(_input, Layout.PARENT_HASH_AT) != _headHash) revert NativeRollup_WrongParent();
        if (StatelessInput.readUint64(_input, Layout.CHAIN_ID_AT) != CHAIN_ID) revert NativeRollup_WrongChain();
        number = StatelessInput.readUint64(_input, Layout.BLOCK_NUMBER_AT);
        if (uint256(number) != uint256(_head.number) + 1) revert NativeRollup_WrongNumber();
        if (StatelessInput.readUint64(_input, Layout.GAS_LIMIT_AT) != GAS_LIMIT) revert NativeRollup_WrongGasLimit();
        if (StatelessInput.readUint64(_input, Layout.SLOT_NUMBER_AT) != number) revert NativeRollup_WrongSlot();
        address recipient = StatelessInput.readAddress(_input, Layout.FEE_RECIPIENT_AT);
        if (FEE_RECIPIENT != address(0) && recipient != FEE_RECIPIENT) revert NativeRollup_WrongFeeRecipient();
        timestamp = StatelessInput.readUint64(_input, Layout.TIMESTAMP_AT);
        if (timestamp > block.timestamp) revert NativeRollup_FutureTimestamp();
        if (uint256(timestamp) + MAX_TIMESTAMP_LAG < block.timestamp) revert NativeRollup_StaleTimestamp();
    }

    function _checkAnchor(bytes calldata _input, uint64 _number, uint64 _anchorBlock) private view {
        if (_anchorBlock < _head.anchorBlock) revert NativeRollup_AnchorMovedBack();
        if (_anchorBlock >= block.number) revert NativeRollup_AnchorMismatch();
        if (block.number - _anchorBlock > MAX_ANCHOR_AGE) revert NativeRollup_AnchorTooOld();
        bytes32 anchor = Blockhash.blockHash(_anchorBlock);
        if (anchor == 0 || StatelessInput.readBytes32(_input, Layout.PARENT_BEACON_BLOCK_ROOT_AT) != anchor) {
            revert NativeRollup_AnchorMismatch();
        }
        bytes32 randao = keccak256(abi.encode(anchor, _number));
        if (StatelessInput.readBytes32(_input, Layout.PREV_RANDAO_AT) != randao) revert NativeRollup_WrongRandao();
    }

    /// @dev Forwards the input with all gas and requires exactly one successful StatelessValidationResult: root (32),
    /// success (1), chain id (8, little-endian), schema id (2, little-endian). The size check also refuses the empty
    /// success of an address without code.
    function _execute(bytes calldata _input) private view returns (bytes32 requestRoot) {
        bool ok;
        uint256 tail;
        assembly ("memory-safe") {
            // Beyond the free memory pointer, which is not moved: the copy is needed for this call only.
            let copy := mload(0x40)
            calldatacopy(copy, _input.offset, _input.length)
            ok := staticcall(gas(), 0x0101, copy, _input.length, 0x00, 0x40)
            ok := and(ok, eq(returndatasize(), 43))
            requestRoot := mload(0x00)
            tail := mload(0x20)
        }
        // success (1), chain id (8) and schema id (2) are the upper 11 bytes of the second word
        if (!ok || tail >> 248 != 1) revert NativeRollup_ExecuteFailed();
        if (uint64(tail >> 184) != StatelessInput.reverse64(CHAIN_ID)) revert NativeRollup_ExecuteFailed();
        if (uint16(tail >> 168) != ((Layout.SCHEMA_ID >> 8) | (Layout.SCHEMA_ID << 8))) revert NativeRollup_WrongSchema();
    }

    function _record(uint64 _number, bytes32 _stateRoot) private {
        _stateRoots[_number % STATE_ROOT_HISTORY] = _stateRoot;
        if (FINALITY_DELAY == 0) return;
        uint64 time = uint64(block.timestamp);
        _recordedAt[_number % STATE_ROOT_HISTORY] = time;
        // More than 8,192 blocks within one delay would push each root out of the ring before it is final, and no message
        // from L2 could ever be claimed. Checkpoints stay, so that every message is under a final root in the end.
        if (time < uint256(_lastCheckpoint) + CHECKPOINT_INTERVAL) return;
        _lastCheckpoint = time;
        _checkpoints[_number] = Checkpoint(_stateRoot, time);
        emit StateCheckpointed(_number);
    }

    function _checkpointInterval(uint64 _finalityDelay) private pure returns (uint64) {
        if (_finalityDelay == 0) return 0;
        uint64 interval = _finalityDelay / 16;
        return interval < SHORTEST_INTERVAL ? SHORTEST_INTERVAL : interval;
    }

    /// @dev `time` is zero when FINALITY_DELAY is zero.
    function _recorded(uint64 _number) private view returns (bytes32 root, uint64 time) {
        uint64 head = _head.number;
        if (_number <= head && head - _number < STATE_ROOT_HISTORY) {
            root = _stateRoots[_number % STATE_ROOT_HISTORY];
            if (FINALITY_DELAY != 0) time = _recordedAt[_number % STATE_ROOT_HISTORY];
        } else {
            Checkpoint storage checkpoint = _checkpoints[_number];
            (root, time) = (checkpoint.stateRoot, checkpoint.recordedAt);
            if (root == 0) revert NativeRollup_UnknownBlock();
        }
    }
}
