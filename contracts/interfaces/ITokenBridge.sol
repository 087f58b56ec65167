// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What the token bridge of the other chain and the tokens that it made here call
interface ITokenBridge {
    /// @notice Mints what was taken into escrow on the other chain; makes the local token on the first call.
    /// @param remoteToken token on the other chain
    /// @param from who sent it there
    /// @param to who gets it here
    /// @param amount units of the token
    /// @param metadata `abi.encode(string name, string symbol, uint8 decimals)`, read when the local token is made
    function finalizeMint(address remoteToken, address from, address to, uint256 amount, bytes calldata metadata)
        external;

    /// @notice Pays out of the escrow what was burned on the other chain.
    /// @param localToken token on this chain
    /// @param from who burned it there
    /// @param to who gets it here
    /// @param amount units of the token
    function finalizeRelease(address localToken, address from, address to, uint256 amount) external;

    /// @notice The token on the other chain that a token of this chain stands for; zero for all tokens that this bridge has
    /// not made.
    /// @param localToken token on this chain
    /// @return token on the other chain
    function remoteToken(address localToken) external view returns (address);
}
