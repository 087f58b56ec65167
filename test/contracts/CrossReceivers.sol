// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface ICrossContext {
    function crossSender() external view returns (uint64, address);
}

/// @dev Reads the sender context one frame further down.
contract CrossNested {
    function read(address _messenger) external view returns (bool ok) {
        (ok,) = _messenger.staticcall(abi.encodeCall(ICrossContext.crossSender, ()));
    }
}

/// @dev The target of one-hop deliveries in tests.
contract CrossReceiver {
    uint256 public calls;
    uint64 public chainSeen;
    address public senderSeen;
    bytes32 public dataHash;
    uint256 public gasAtEntry;
    bool public nestedSaw;
    bool public refuses;
    bool public reentryOk;
    bytes public reentryData;
    address private _target;
    bytes private _payload;
    CrossNested private immutable NESTED = new CrossNested();

    function setRefuses(bool _refuses) external {
        refuses = _refuses;
    }

    /// @dev what it calls while it is called
    function setCall(address _to, bytes calldata _data) external {
        _target = _to;
        _payload = _data;
    }

    fallback() external {
        uint256 entry = gasleft();
        require(!refuses);
        calls += 1;
        gasAtEntry = entry;
        dataHash = keccak256(msg.data);
        (chainSeen, senderSeen) = ICrossContext(msg.sender).crossSender();
        nestedSaw = NESTED.read(msg.sender);
        if (_target != address(0)) (reentryOk, reentryData) = _target.call(_payload);
    }
}

/// @dev Says about itself whatever a forger wants to hear.
contract FakeMessenger {
    uint64 public L2_CHAIN_ID;
    address public l2Sender;
    uint64 public constant MAX_MESSAGE_GAS = 8_000_000;

    constructor(uint64 _chainId, address _sender) {
        L2_CHAIN_ID = _chainId;
        l2Sender = _sender;
    }

    function sendMessage(address, uint256, uint64, bytes calldata) external payable returns (uint64) {
        return 0;
    }

    function deliver(address _to, bytes calldata _data) external payable {
        (bool ok, bytes memory answer) = _to.call{value: msg.value}(_data);
        if (ok) return;
        assembly {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev A messenger's answer that is no chain id.
contract BadAnswer {
    function deliver(address _to, bytes calldata _data) external {
        (bool ok,) = _to.call(_data);
        require(ok);
    }

    fallback() external {
        assembly {
            mstore(0, not(0))
            return(0, 32)
        }
    }
}
