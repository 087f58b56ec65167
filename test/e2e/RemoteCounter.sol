// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface IMessengerOfL1 {
    function sendMessage(address to, uint256 fee, uint64 gasLimit, bytes calldata data) external payable;
    function l2Sender() external view returns (address);
}

interface IMessengerOfL2 {
    function sendMessage(address to, uint256 fee, uint64 gasLimit, bytes calldata data) external payable;
    function l1Sender() external view returns (address);
}

/// @dev On L1: owns a counter on L2, and is told what it counts.
contract CounterOwner {
    IMessengerOfL1 private immutable MESSENGER;
    address public counter;
    uint256 public reported;

    error CounterOwner_NotCounter();

    constructor(IMessengerOfL1 _messenger) {
        MESSENGER = _messenger;
    }

    receive() external payable {}

    function setCounter(address _counter) external {
        counter = _counter;
    }

    /// @dev The value minus the fee goes to the counter, and comes back with its report.
    function add(uint256 _amount, uint256 _fee) external payable {
        bytes memory data = abi.encodeCall(RemoteCounter.add, (_amount));
        MESSENGER.sendMessage{value: msg.value}(counter, _fee, 1_000_000, data);
    }

    function report(uint256 _count) external payable {
        if (msg.sender != address(MESSENGER) || MESSENGER.l2Sender() != counter) revert CounterOwner_NotCounter();
        reported = _count;
    }
}

/// @dev On L2: counts for one contract on L1 only, and sends it the count with the value that came along.
contract RemoteCounter {
    IMessengerOfL2 private constant MESSENGER = IMessengerOfL2(0x8079000000000000000000000000000000000001);
    address private immutable OWNER;
    uint256 public count;

    error RemoteCounter_NotOwner();

    constructor(address _owner) {
        OWNER = _owner;
    }

    function add(uint256 _amount) external payable {
        if (msg.sender != address(MESSENGER) || MESSENGER.l1Sender() != OWNER) revert RemoteCounter_NotOwner();
        count += _amount;
        MESSENGER.sendMessage{value: msg.value}(OWNER, 0, 500_000, abi.encodeCall(CounterOwner.report, (count)));
    }
}
