// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ETH as an ERC-20 token, one to one
/// @notice The interface of the usual WETH9 at 0x4200000000000000000000000000000000000006. Unlike that one it has no fallback
/// function: a call of an unknown function, such as `permit`, reverts instead of passing as a deposit of nothing.
contract WETH9 {
    // The interface has these names.
    // solhint-disable const-name-snakecase
    /// @notice Name of the token.
    string public constant name = "Wrapped Ether";
    /// @notice Symbol of the token.
    string public constant symbol = "WETH";
    /// @notice Decimals of the token; its unit is the wei.
    uint8 public constant decimals = 18;
    // solhint-enable const-name-snakecase

    mapping(address => uint256) private _balances; // slot 0, wei
    mapping(address => mapping(address => uint256)) private _allowances; // slot 1, owner to spender to wei

    /// @notice An owner set an allowance.
    /// @param src who owns the tokens
    /// @param guy who may move them
    /// @param wad wei; the maximum is never used up
    event Approval(address indexed src, address indexed guy, uint256 wad);
    /// @notice Tokens moved.
    /// @param src who had them
    /// @param dst who has them
    /// @param wad wei
    event Transfer(address indexed src, address indexed dst, uint256 wad);
    /// @notice ETH became tokens.
    /// @param dst who has them
    /// @param wad wei
    event Deposit(address indexed dst, uint256 wad);
    /// @notice Tokens became ETH.
    /// @param src who had them and has the ETH
    /// @param wad wei
    event Withdrawal(address indexed src, uint256 wad);

    /// @notice The owner has fewer tokens.
    error WETH9_InsufficientBalance();
    /// @notice The caller may move fewer tokens of the owner.
    error WETH9_InsufficientAllowance();
    /// @notice The caller of `withdraw` did not accept the ETH.
    error WETH9_WithdrawalRefused();

    /// @notice Plain ETH is a deposit.
    receive() external payable {
        deposit();
    }

    /// @notice Gives the caller a token for every wei sent along.
    function deposit() public payable {
        _balances[msg.sender] += msg.value;
        emit Deposit(msg.sender, msg.value);
    }

    /// @notice Gives the caller ETH for tokens.
    /// @param _wad wei
    function withdraw(uint256 _wad) external {
        _take(msg.sender, _wad);
        emit Withdrawal(msg.sender, _wad);
        (bool success,) = msg.sender.call{value: _wad}("");
        if (!success) revert WETH9_WithdrawalRefused();
    }

    /// @notice Lets another account move the caller's tokens.
    /// @param _guy who
    /// @param _wad wei; type(uint256).max stays for ever
    /// @return always true
    function approve(address _guy, uint256 _wad) external returns (bool) {
        _allowances[msg.sender][_guy] = _wad;
        emit Approval(msg.sender, _guy, _wad);
        return true;
    }

    /// @notice Moves the caller's tokens.
    /// @param _dst who gets them
    /// @param _wad wei
    /// @return always true
    function transfer(address _dst, uint256 _wad) external returns (bool) {
        _move(msg.sender, _dst, _wad);
        return true;
    }

    /// @notice Moves tokens of an owner who allowed it; the owner itself needs no allowance.
    /// @param _src who has them
    /// @param _dst who gets them
    /// @param _wad wei
    /// @return always true
    function transferFrom(address _src, address _dst, uint256 _wad) external returns (bool) {
        if (_src != msg.sender) _spendAllowance(_src, _wad);
        _move(_src, _dst, _wad);
        return true;
    }

    /// @notice ETH of this contract.
    /// @return wei; more than all balances together when ETH was forced into it
    function totalSupply() external view returns (uint256) {
        return address(this).balance;
    }

    /// @notice Tokens of an account.
    /// @param _owner whose
    /// @return wei
    function balanceOf(address _owner) external view returns (uint256) {
        return _balances[_owner];
    }

    /// @notice What one account may move of another's tokens.
    /// @param _owner whose tokens
    /// @param _guy who may move them
    /// @return wei
    function allowance(address _owner, address _guy) external view returns (uint256) {
        return _allowances[_owner][_guy];
    }

    function _spendAllowance(address _owner, uint256 _wad) private {
        uint256 allowed = _allowances[_owner][msg.sender];
        if (allowed == type(uint256).max) return;
        if (allowed < _wad) revert WETH9_InsufficientAllowance();
        _allowances[_owner][msg.sender] = allowed - _wad;
    }

    function _move(address _src, address _dst, uint256 _wad) private {
        _take(_src, _wad);
        _balances[_dst] += _wad;
        emit Transfer(_src, _dst, _wad);
    }

    function _take(address _src, uint256 _wad) private {
        uint256 balance = _balances[_src];
        if (balance < _wad) revert WETH9_InsufficientBalance();
        _balances[_src] = balance - _wad;
    }
}
