// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev As some old tokens: an approval that is left over can only be changed to nothing.
contract StrictToken is ERC20("Strict", "STR") {
    constructor() {
        _mint(msg.sender, 1e30);
    }

    function approve(address _spender, uint256 _amount) public override returns (bool) {
        require(_amount == 0 || allowance(msg.sender, _spender) == 0, "set it to nothing first");
        return super.approve(_spender, _amount);
    }
}
