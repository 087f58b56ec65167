// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    ERC20PermitUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";

import {ITokenBridge} from "../interfaces/ITokenBridge.sol";

/// @title A token of the other chain
/// @notice Every such token is an ERC-1167 clone of one implementation, so it is cheap to make and can never change. Its
/// bridge mints what lies in escrow on the other chain and burns what goes back there; nobody else has any power over it.
/// @dev The base keeps its state in ERC-7201 namespaces and has an initializer, which is what a clone needs. Contracts of
/// this base are "upgradeable" by name only: there is no proxy that could change.
contract BridgedERC20 is ERC20PermitUpgradeable {
    address private _bridge; // slot 0, low 20 bytes
    uint8 private _decimals; // slot 0, the byte above

    /// @notice Only the bridge that made the token may do this.
    error BridgedERC20_NotBridge();

    /// @notice The implementation.
    /// @dev The implementation is never a token itself. On L2 genesis writes what this constructor would.
    constructor() {
        _disableInitializers();
    }

    /// @notice Called once by the bridge, in the transaction that makes the clone.
    /// @param _name name of the token on the other chain
    /// @param _symbol symbol of the token on the other chain
    /// @param _tokenDecimals decimals of the token on the other chain
    function initialize(string calldata _name, string calldata _symbol, uint8 _tokenDecimals) external initializer {
        _bridge = msg.sender;
        _decimals = _tokenDecimals;
        __ERC20_init(_name, _symbol);
    }

    /// @notice Creates tokens; only for the bridge.
    /// @param _to who gets them
    /// @param _amount units of the token
    function mint(address _to, uint256 _amount) external {
        _requireBridge();
        _mint(_to, _amount);
    }

    /// @notice Destroys tokens; only for the bridge, which does it when their holder sends them home. No allowance is needed.
    /// @param _from who holds them
    /// @param _amount units of the token
    function burn(address _from, uint256 _amount) external {
        _requireBridge();
        _burn(_from, _amount);
    }

    /// @notice The bridge that made this token.
    /// @return its address
    function bridge() external view returns (address) {
        return _bridge;
    }

    /// @notice The token on the other chain.
    /// @return address on the other chain
    function remoteToken() external view returns (address) {
        return ITokenBridge(_bridge).remoteToken(address(this));
    }

    /// @notice Decimals of the token on the other chain; zero when it names none.
    /// @return the number
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _requireBridge() private view {
        if (msg.sender != _bridge) revert BridgedERC20_NotBridge();
    }

    /// @dev The domain of signatures has the clone's own name, from where ERC20 keeps it; the rest of the domain (chain id
    /// and address) is computed at every use.
    // solhint-disable-next-line func-name-mixedcase
    function _EIP712Name() internal view override returns (string memory) {
        return name();
    }

    // solhint-disable-next-line func-name-mixedcase
    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }
}
