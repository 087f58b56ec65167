// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev An ordinary token: everything goes to whoever deploys it.
contract PlainToken is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(string memory _name, string memory _symbol, uint8 _decimals, uint256 _supply) ERC20(_name, _symbol) {
        DECIMALS = _decimals;
        _mint(msg.sender, _supply);
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}

/// @dev Keeps a hundredth of what is sent, or takes it from the sender on top; both can be switched on later.
contract FeeToken is ERC20("Fee", "FEE") {
    bool public onTop;
    bool public inside;

    constructor() {
        _mint(msg.sender, 1e30);
    }

    function set(bool _inside, bool _onTop) external {
        inside = _inside;
        onTop = _onTop;
    }

    function _update(address _from, address _to, uint256 _amount) internal override {
        uint256 fee = _from == address(0) || _to == address(0) ? 0 : _amount / 100;
        super._update(_from, _to, inside ? _amount - fee : _amount);
        if (inside && fee != 0) super._update(_from, address(0), fee);
        if (onTop && fee != 0) super._update(_from, address(0), fee);
    }
}

/// @dev All balances are shares of a supply that changes.
contract RebasingToken {
    uint256 public numerator = 100;
    mapping(address => uint256) private _shares;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor() {
        _shares[msg.sender] = 1e30;
    }

    function rebase(uint256 _numerator) external {
        numerator = _numerator;
    }

    function approve(address _spender, uint256 _amount) external returns (bool) {
        allowance[msg.sender][_spender] = _amount;
        return true;
    }

    function transfer(address _to, uint256 _amount) external returns (bool) {
        _move(msg.sender, _to, _amount);
        return true;
    }

    function transferFrom(address _from, address _to, uint256 _amount) external returns (bool) {
        allowance[_from][msg.sender] -= _amount;
        _move(_from, _to, _amount);
        return true;
    }

    function balanceOf(address _account) public view returns (uint256) {
        return _shares[_account] * numerator / 100;
    }

    function _move(address _from, address _to, uint256 _amount) private {
        uint256 shares = _amount * 100 / numerator;
        _shares[_from] -= shares;
        _shares[_to] += shares;
    }
}

/// @dev Its transfers return nothing, or false without moving anything; it has no metadata.
contract QuietToken {
    bool private immutable LIES;
    mapping(address => uint256) public balanceOf;

    constructor(bool _lies) {
        LIES = _lies;
        balanceOf[msg.sender] = 1e30;
    }

    function transfer(address _to, uint256 _amount) external {
        _move(msg.sender, _to, _amount);
    }

    function transferFrom(address _from, address _to, uint256 _amount) external {
        _move(_from, _to, _amount);
    }

    function _move(address _from, address _to, uint256 _amount) private {
        if (LIES) {
            assembly {
                mstore(0, 0)
                return(0, 32)
            }
        }
        balanceOf[_from] -= _amount;
        balanceOf[_to] += _amount;
    }
}

/// @dev Answers name, symbol and decimals with whatever it is told to, or misbehaves instead.
contract MetadataToken is ERC20("", "") {
    enum Mode {
        Answer,
        Revert,
        RevertBomb,
        Burn,
        Long
    }

    mapping(bytes4 => bytes) private _answers;
    mapping(bytes4 => Mode) private _modes;

    constructor() {
        _mint(msg.sender, 1e30);
    }

    function set(bytes4 _selector, Mode _mode, bytes calldata _answer) external {
        _modes[_selector] = _mode;
        _answers[_selector] = _answer;
    }

    function name() public view override returns (string memory) {
        _reply();
    }

    function symbol() public view override returns (string memory) {
        _reply();
    }

    function decimals() public view override returns (uint8) {
        _reply();
    }

    function _reply() private view {
        Mode mode = _modes[msg.sig];
        if (mode == Mode.Revert) revert();
        if (mode == Mode.RevertBomb) {
            assembly {
                revert(0, 20000)
            }
        }
        while (mode == Mode.Burn) {}
        if (mode == Mode.Long) {
            bytes memory text = new bytes(10_240);
            for (uint256 i = 0; i < 100; ++i) {
                text[i] = "y";
            }
            bytes memory whole = abi.encode(text);
            assembly {
                return(add(whole, 32), mload(whole))
            }
        }
        bytes memory answer = _answers[msg.sig];
        assembly {
            return(add(answer, 32), mload(answer))
        }
    }
}

interface IHooks {
    function tokensToSend() external;
    function tokensReceived() external;
}

/// @dev Tells contracts before they send and after they receive, as ERC-777 does.
contract HookToken is ERC20("Hooks", "HOOK") {
    constructor() {
        _mint(msg.sender, 1e30);
    }

    function _update(address _from, address _to, uint256 _amount) internal override {
        _tell(_from, IHooks.tokensToSend.selector);
        super._update(_from, _to, _amount);
        _tell(_to, IHooks.tokensReceived.selector);
    }

    /// @dev Who has no hook is left alone; a hook that fails makes the transfer fail.
    function _tell(address _account, bytes4 _selector) private {
        if (_account.code.length == 0) return;
        (bool ok, bytes memory answer) = _account.call(abi.encodeWithSelector(_selector));
        if (!ok && answer.length != 0) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @dev A holder that does something else in the middle of a transfer.
contract HookHolder {
    bytes4 private _when;
    address private _target;
    bytes private _payload;
    bool private _strict;
    uint256 public runs;
    bool public lastOk;
    bytes public lastAnswer;

    /// @param _isStrict whether the transfer fails when what it does fails
    function set(bytes4 _selector, address _to, bytes calldata _data, bool _isStrict) external {
        _when = _selector;
        _target = _to;
        _payload = _data;
        _strict = _isStrict;
    }

    function execute(address _to, bytes calldata _data) external payable returns (bytes memory answer) {
        bool ok;
        (ok, answer) = _to.call{value: msg.value}(_data);
        if (!ok) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function tokensToSend() external {
        _run();
    }

    function tokensReceived() external {
        _run();
    }

    function _run() private {
        if (msg.sig != _when) return;
        runs += 1;
        (bool ok, bytes memory answer) = _target.call(_payload);
        (lastOk, lastAnswer) = (ok, answer);
        if (!ok && _strict) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}

/// @dev Looks like a token that a bridge has made, and claims to stand for any token.
contract FakeBridgedToken is ERC20("Fake", "FAKE") {
    address public immutable remoteToken;
    address public immutable bridge;

    constructor(address _remoteToken, address _bridge) {
        remoteToken = _remoteToken;
        bridge = _bridge;
        _mint(msg.sender, 1e30);
    }

    function burn(address _from, uint256 _amount) external {
        _burn(_from, _amount);
    }

    function mint(address _to, uint256 _amount) external {
        _mint(_to, _amount);
    }
}
