// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface ISenderContext {
    function l1Sender() external view returns (address);
    function l2Sender() external view returns (address);
}

/// @dev Reads the sender context one frame further down.
contract Nested {
    function read(address _messenger) external view returns (bool ok) {
        (ok,) = _messenger.staticcall(abi.encodeCall(ISenderContext.l1Sender, ()));
        if (!ok) (ok,) = _messenger.staticcall(abi.encodeCall(ISenderContext.l2Sender, ()));
    }
}

/// @dev The target of deliveries in tests; what it does is set beforehand.
contract Receiver {
    enum Mode {
        Accept,
        Revert,
        ReturnBomb,
        RevertBomb,
        Reenter,
        BurnInside
    }

    Mode public mode;
    uint256 public calls;
    uint256 public gasAtEntry;
    uint256 public valueSeen;
    bytes32 public dataHash;
    address public senderSeen;
    bool public nestedSaw;
    address private _target;
    bytes private _payload;
    uint256 private _forward;
    bool public reentryOk;
    bytes public reentryData;
    Nested private immutable NESTED = new Nested();

    function set(Mode _mode, address _to, bytes calldata _data, uint256 _value) external {
        mode = _mode;
        _target = _to;
        _payload = _data;
        _forward = _value;
    }

    fallback() external payable {
        uint256 entry = gasleft();
        if (mode == Mode.Revert) revert();
        if (mode == Mode.ReturnBomb) {
            assembly {
                return(0, 1000000)
            }
        }
        if (mode == Mode.RevertBomb) {
            assembly {
                revert(0, 1000000)
            }
        }
        if (mode == Mode.BurnInside) {
            // tolerates that the inner part runs out of gas: the receiver that a starving claimer would cheat
            (reentryOk,) = address(this).call(abi.encodeCall(this.burn, (100_000)));
            calls += 1;
            return;
        }
        if (mode == Mode.Reenter) {
            (reentryOk, reentryData) = _target.call{value: _forward}(_payload);
        }
        calls += 1;
        gasAtEntry = entry;
        valueSeen = msg.value;
        dataHash = keccak256(msg.data);
        (bool ok, bytes memory answer) = msg.sender.staticcall(abi.encodeCall(ISenderContext.l1Sender, ()));
        if (!ok) (ok, answer) = msg.sender.staticcall(abi.encodeCall(ISenderContext.l2Sender, ()));
        if (ok) senderSeen = abi.decode(answer, (address));
        nestedSaw = NESTED.read(msg.sender);
    }

    receive() external payable {
        if (mode == Mode.Revert) revert();
        if (mode == Mode.ReturnBomb) {
            assembly {
                return(0, 1000000)
            }
        }
        if (mode == Mode.BurnInside) while (true) {}
        if (mode == Mode.Reenter) (reentryOk, reentryData) = _target.call{value: _forward}(_payload);
        calls += 1;
    }

    function burn(uint256 _gas) external view {
        uint256 start = gasleft();
        while (start - gasleft() < _gas) {}
    }
}
