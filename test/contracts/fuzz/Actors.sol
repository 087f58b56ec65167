// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What both messengers have in common, as a receiver sees it.
interface IMessenger {
    function sendMessage(address to, uint256 fee, uint64 gasLimit, bytes calldata data) external payable returns (uint64);
    function l1Sender() external view returns (address);
    function l2Sender() external view returns (address);
}

/// @dev Asks for the sender without being the receiver.
contract Probe {
    function sees(address _messenger, bytes calldata _question) external view returns (bool ok) {
        (ok,) = _messenger.staticcall(_question);
    }
}

/// @dev A receiver that behaves as it is told, and remembers for ever when the messenger did not.
contract Actor {
    enum Mode {
        Accept,
        Revert,
        Burn,
        Bomb,
        Reenter,
        Send
    }

    Mode public mode; // slot 0, byte 0
    Mode public feeMode; // slot 0, byte 1
    uint8 public broken; // slot 0, byte 2: which promise was broken
    address private immutable MESSENGER;
    bool private immutable ON_L1;
    Probe private immutable PROBE = new Probe();
    mapping(uint256 => uint256) public deliveries; // slot 1, by id
    bytes private _reentry; // slot 2

    constructor(address _messenger, bool _onL1) payable {
        MESSENGER = _messenger;
        ON_L1 = _onL1;
    }

    function behave(Mode _mode, Mode _feeMode, bytes calldata _reentry_) external {
        mode = _mode;
        feeMode = _feeMode;
        _reentry = _reentry_;
    }

    /// @param _id of the message, unique for all time
    /// @param _gasLimit what the message promises
    /// @param _sender who sent it
    /// @param _value wei that come with it
    function receiveMessage(uint256 _id, uint64 _gasLimit, address _sender, uint256 _value) external payable {
        // What was spent up to here is the way into this function.
        if (gasleft() + 3_000 < _gasLimit) broken = 1;
        if (msg.sender != MESSENGER || msg.value != _value) broken = 2;
        if (++deliveries[_id] != 1) broken = 3;
        _checkSender(_sender);
        _act(mode);
        _checkSender(_sender);
    }

    /// @dev A fee, when the delivery is over.
    receive() external payable {
        (bool ok,) = MESSENGER.staticcall(_question());
        if (ok) broken = 7;
        _act(feeMode);
    }

    function _act(Mode _mode) private {
        if (_mode == Mode.Revert) revert("not now");
        if (_mode == Mode.Burn) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_mode == Mode.Bomb) {
            assembly {
                revert(0, 300000)
            }
        }
        if (_mode == Mode.Reenter) {
            (bool ok,) = MESSENGER.call(_reentry);
            if (ok) broken = 4;
        }
        if (_mode == Mode.Send) {
            IMessenger(MESSENGER).sendMessage{value: address(this).balance / 2}(tx.origin, 0, 100_000, "");
        }
    }

    function _checkSender(address _sender) private {
        bytes memory question = _question();
        (bool ok, bytes memory answer) = MESSENGER.staticcall(question);
        if (!ok || abi.decode(answer, (address)) != _sender) broken = 5;
        if (PROBE.sees(MESSENGER, question)) broken = 6;
    }

    function _question() private view returns (bytes memory) {
        return ON_L1 ? abi.encodeCall(IMessenger.l2Sender, ()) : abi.encodeCall(IMessenger.l1Sender, ());
    }
}
