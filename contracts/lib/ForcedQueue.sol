// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TransactionList} from "./TransactionList.sol";

/// @title Transactions that a rollup's proposer must not leave out
/// @notice Anyone may put a signed L2 transaction into the queue, with a bond. A block that contains it resolves it and
/// frees the bond. An entry that is not resolved within FORCED_DEADLINE opens the rollup to every proposer until it is
/// resolved or, after FORCED_EXPIRY, dropped; then its bond stays in this contract for ever. Whether a transaction can be
/// included at all is never asked here: one that cannot (bad signature, spent nonce, no funds, too large for one
/// settlement) buys its sender nothing but that time, and blocks nobody.
/// @dev Base of NativeRollup, whose name the errors carry. What an `advance` does here is bounded: see QUEUE_STEPS and
/// TransactionList.find. It calls nobody; bonds are pulled.
abstract contract ForcedQueue {
    /// @dev Two slots. Pending: `txHash` is set. Included, bond not reclaimed: only the second slot is set. Else both are
    /// zero. `since` is an L1 timestamp in seconds, `length` counts the transaction's bytes.
    struct Entry {
        bytes32 txHash;
        address payer;
        uint64 since;
        uint32 length;
    }

    /// @dev Two slots. Every entry before `head` is resolved or dropped; `tail` is the next free id.
    struct Queue {
        uint64 head;
        uint64 tail;
        mapping(uint64 id => Entry) entries;
    }

    /// @notice Longest transaction that can be forced, bytes: the claim of a message with the longest data, with its proofs,
    /// is among them.
    uint256 public constant MAX_FORCED_LENGTH = 40_960;
    /// @dev Entries that one `advance` or `advanceBatch` resolves, drops or passes by without being told their ids.
    uint256 internal constant QUEUE_STEPS = 8;
    /// @dev Expired entries that one block drops in passing.
    uint256 private constant QUEUE_DROPS = 4;
    /// @dev Entries resolved out of order that `isOpen` passes by in search of the oldest unresolved one.
    uint256 private constant OVERDUE_STEPS = 32;

    /// @notice Seconds after which a forced transaction opens the rollup to anyone.
    uint64 public immutable FORCED_DEADLINE;
    /// @notice Seconds after which a forced transaction is dropped.
    uint64 public immutable FORCED_EXPIRY;
    /// @notice Wei that a forced transaction is bonded with.
    uint256 public immutable FORCED_BOND;

    /// @notice A transaction is in the queue.
    /// @param id position in the queue
    /// @param txHash keccak256 of the transaction, its hash on L2
    /// @param payer who gets the bond back when the transaction is included
    /// @param signedTx the signed L2 transaction
    event TransactionForced(uint64 indexed id, bytes32 indexed txHash, address payer, bytes signedTx);
    /// @notice A block contains the transaction; the bond may be reclaimed.
    /// @param id position in the queue
    /// @param number L2 block number
    event ForcedIncluded(uint64 indexed id, uint64 number);
    /// @notice The transaction was in no block in time and left the queue; its bond stays in this contract.
    /// @param id position in the queue
    event ForcedExpired(uint64 indexed id);
    /// @notice The bond of an included transaction was paid back.
    /// @param id position in the queue
    /// @param payer who got it
    event BondReclaimed(uint64 indexed id, address indexed payer);

    /// @notice The value sent is not FORCED_BOND.
    /// @param expected FORCED_BOND, wei
    error NativeRollup_WrongBond(uint256 expected);
    /// @notice The transaction is empty or longer than MAX_FORCED_LENGTH.
    /// @param length bytes that were given
    error NativeRollup_BadForcedLength(uint256 length);
    /// @notice The first byte is not that of a legacy transaction or of type 1, 2 or 4: no L2 block may hold it.
    /// @param first first byte of the transaction
    error NativeRollup_BadForcedType(uint8 first);
    /// @notice The block does not contain the named pending transaction, or nobody ever forced one with this id.
    /// @param id position in the queue
    error NativeRollup_ForcedTxMissing(uint64 id);
    /// @notice There is no bond to reclaim: the transaction is not included, expired, or its bond was reclaimed before.
    /// @param id position in the queue
    error NativeRollup_NoBond(uint64 id);
    /// @notice The payer refused the bond, which stays reclaimable.
    /// @param id position in the queue
    error NativeRollup_BondPaymentFailed(uint64 id);

    constructor(uint64 _deadline, uint64 _expiry, uint256 _bond) {
        FORCED_DEADLINE = _deadline;
        FORCED_EXPIRY = _expiry;
        FORCED_BOND = _bond;
    }

    /// @notice Puts a signed L2 transaction into the queue. The value sent must be FORCED_BOND.
    /// @param _signedTx legacy or of type 1, 2 or 4, 1 to MAX_FORCED_LENGTH bytes, exactly as a block would hold it
    /// @return id position in the queue
    function forceTransaction(bytes calldata _signedTx) external payable returns (uint64 id) {
        if (msg.value != FORCED_BOND) revert NativeRollup_WrongBond(FORCED_BOND);
        uint256 length = _signedTx.length;
        if (length == 0 || length > MAX_FORCED_LENGTH) revert NativeRollup_BadForcedLength(length);
        uint8 first = uint8(_signedTx[0]);
        // An RLP list, which is a legacy transaction, begins with 0xc0 or more; else the byte is the type (EIP-2718).
        if (first < 0xc0 && first != 1 && first != 2 && first != 4) revert NativeRollup_BadForcedType(first);
        Queue storage queue = _forcedQueue();
        id = queue.tail;
        queue.tail = id + 1;
        bytes32 txHash = keccak256(_signedTx);
        queue.entries[id] = Entry(txHash, msg.sender, uint64(block.timestamp), uint32(length));
        emit TransactionForced(id, txHash, msg.sender, _signedTx);
    }

    /// @notice Pays the bond of an included transaction to whom it belongs. Anyone may call it.
    /// @param _id position in the queue
    function reclaimBond(uint64 _id) external {
        Entry storage entry = _forcedQueue().entries[_id];
        address payer = entry.payer;
        if (payer == address(0) || entry.txHash != 0) revert NativeRollup_NoBond(_id);
        delete _forcedQueue().entries[_id];
        emit BondReclaimed(_id, payer);
        uint256 bond = FORCED_BOND;
        bool paid;
        assembly ("memory-safe") {
            // Return data is not copied, so that a large one costs nothing here.
            paid := call(gas(), payer, bond, 0x00, 0x00, 0x00, 0x00)
        }
        if (!paid) revert NativeRollup_BondPaymentFailed(_id);
    }

    /// @notice Drops expired transactions from the front of the queue. Anyone may call it.
    /// @param _max how many entries to look at, those that were resolved out of order included
    /// @return dropped how many transactions were dropped
    function dropExpired(uint256 _max) external returns (uint256 dropped) {
        Queue storage queue = _forcedQueue();
        uint64 tail = queue.tail;
        uint64 head = queue.head;
        for (uint256 i = 0; i < _max && head != tail; ++i) {
            if (queue.entries[head].txHash != 0) {
                if (!_isExpired(queue.entries[head])) break;
                _drop(queue, head);
                ++dropped;
            }
            ++head;
        }
        queue.head = head;
    }

    /// @notice A forced transaction: all zero when there is none with this id, it expired, or its bond was reclaimed.
    /// @param _id position in the queue
    /// @return txHash keccak256 of the transaction; zero once it is included
    /// @return payer who gets the bond back
    /// @return since L1 timestamp at which it was forced, seconds
    /// @return length of the transaction, bytes
    function forcedTransaction(uint64 _id)
        external
        view
        returns (bytes32 txHash, address payer, uint64 since, uint32 length)
    {
        Entry storage entry = _forcedQueue().entries[_id];
        return (entry.txHash, entry.payer, entry.since, entry.length);
    }

    /// @notice The first id that may be unresolved.
    /// @return position in the queue
    function forcedHead() external view returns (uint64) {
        return _forcedQueue().head;
    }

    /// @notice The id that the next forced transaction gets.
    /// @return position in the queue
    function forcedTail() external view returns (uint64) {
        return _forcedQueue().tail;
    }

    /// @dev Slots of the queue; the layout is the rollup's.
    function _forcedQueue() internal view virtual returns (Queue storage);

    /// @dev True when the oldest unresolved transaction is older than FORCED_DEADLINE. Behind more than OVERDUE_STEPS
    /// resolved ones it is not looked for: then the answer is true, because to be open too long costs the sequencer its
    /// precedence until somebody calls `dropExpired`, and to be closed too long would help a censor.
    function _isForcedOverdue() internal view returns (bool) {
        Queue storage queue = _forcedQueue();
        uint64 tail = queue.tail;
        uint64 head = queue.head;
        for (uint256 i = 0; i < OVERDUE_STEPS; ++i) {
            if (head == tail) return false;
            Entry storage entry = queue.entries[head];
            if (entry.txHash != 0) return block.timestamp >= uint256(entry.since) + FORCED_DEADLINE;
            ++head;
        }
        return true;
    }

    /// @dev Resolves transactions that the proposer names. One that is resolved or dropped already is no error: anyone may
    /// drop an expired one, and must not be able to spoil a settlement by it. Each search goes on where the last one
    /// ended and starts over once, so ids in the order of the block cost one pass.
    /// @param _input StatelessInput of a block that EXECUTE accepted
    /// @param _number L2 block number
    function _resolveNamed(bytes calldata _input, uint64 _number, uint64[] calldata _ids) internal {
        Queue storage queue = _forcedQueue();
        uint64 tail = queue.tail;
        uint256 position = 0;
        for (uint256 i = 0; i < _ids.length; ++i) {
            uint64 id = _ids[i];
            if (id >= tail) revert NativeRollup_ForcedTxMissing(id);
            Entry storage entry = queue.entries[id];
            bytes32 txHash = entry.txHash;
            if (txHash == 0) continue;
            (bool found, uint256 index) = TransactionList.find(_input, position, txHash, entry.length);
            if (!found && position != 0) (found, index) = TransactionList.find(_input, 0, txHash, entry.length);
            if (!found) revert NativeRollup_ForcedTxMissing(id);
            _resolve(entry, id, _number);
            position = index;
        }
    }

    /// @dev Moves the front of the queue: passes resolved entries by, drops expired ones, resolves those that the block
    /// contains, and stops at the first that it does not contain. Together one pass over the block's transactions,
    /// because a search goes on where the last one ended (there, so that one transaction resolves every entry that
    /// names it): what the block has in another order than the queue must be named.
    /// @param _input StatelessInput of a block that EXECUTE accepted
    /// @param _number L2 block number
    /// @param _steps how many entries may be dealt with
    /// @return how many steps are left
    function _resolveOldest(bytes calldata _input, uint64 _number, uint256 _steps) internal returns (uint256) {
        Queue storage queue = _forcedQueue();
        uint64 tail = queue.tail;
        uint64 first = queue.head;
        uint64 head = first;
        uint256 drops = 0;
        uint256 position = 0;
        for (; _steps != 0 && head != tail; --_steps) {
            Entry storage entry = queue.entries[head];
            bytes32 txHash = entry.txHash;
            if (txHash != 0) {
                if (_isExpired(entry)) {
                    if (drops == QUEUE_DROPS) break;
                    _drop(queue, head);
                    ++drops;
                } else {
                    bool found;
                    (found, position) = TransactionList.find(_input, position, txHash, entry.length);
                    if (!found) break;
                    _resolve(entry, head, _number);
                }
            }
            ++head;
        }
        if (head != first) queue.head = head;
        return _steps;
    }

    function _isExpired(Entry storage _entry) private view returns (bool) {
        return block.timestamp >= uint256(_entry.since) + FORCED_EXPIRY;
    }

    function _resolve(Entry storage _entry, uint64 _id, uint64 _number) private {
        _entry.txHash = 0;
        emit ForcedIncluded(_id, _number);
    }

    function _drop(Queue storage _queue, uint64 _id) private {
        delete _queue.entries[_id];
        emit ForcedExpired(_id);
    }
}
