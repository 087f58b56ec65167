// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Execute, ExecuteResult} from "../Execute.sol";

/// @title Stands at 0x0101 in unit tests, where L1 has the EXECUTE precompile
/// @notice Put its code there (Foundry: `vm.etch`, Hardhat: `setCode`) and call it with an input as contracts call EXECUTE. It
/// executes nothing: every input that begins like one is valid until a test says otherwise. A refusal is that of a
/// precompile: all gas that was passed on is gone, and there is no return data.
contract ExecuteMock {
    /// @dev Whether a test has said what an input is answered with.
    enum Kind {
        Untold,
        Output,
        Refusal
    }

    /// @dev What one input is answered with.
    struct Answer {
        Kind kind;
        bytes output;
    }

    /// @notice What EXECUTE takes before it looks at an input, gas.
    uint256 public constant BASE_GAS = 100_000;
    /// @notice What it takes for each byte of the input, gas.
    uint256 public constant GAS_PER_BYTE = 16;
    /// @dev Shortest input that has a chain id.
    uint256 private constant SHORTEST_INPUT = 18;

    mapping(bytes32 => Answer) private _answers;
    bool private _refusesAll;
    uint256 private _regularGas;

    /// @notice From now on one input is answered with these bytes.
    /// @param inputHash keccak256 of the input
    /// @param output what the caller gets: `encodeResult`, or something that EXECUTE would never say
    function setOutput(bytes32 inputHash, bytes calldata output) external {
        _answers[inputHash] = Answer(Kind.Output, output);
    }

    /// @notice From now on one input is refused.
    /// @param inputHash keccak256 of the input
    function refuse(bytes32 inputHash) external {
        _answers[inputHash] = Answer(Kind.Refusal, "");
    }

    /// @notice From now on inputs without an answer of their own are refused, or valid again.
    /// @param refusesAll true to refuse them
    function setRefusesAll(bool refusesAll) external {
        _refusesAll = refusesAll;
    }

    /// @notice What a valid block takes beside BASE_GAS and GAS_PER_BYTE: the regular gas of its transactions.
    /// @param regularGas gas, zero at first
    function setRegularGas(uint256 regularGas) external {
        _regularGas = regularGas;
    }

    /// @notice The 43 bytes that EXECUTE returns.
    /// @param requestRoot hash_tree_root of the new payload request; this mock says keccak256 of the input where no test
    /// says otherwise
    /// @param success true
    /// @param chainId chain id of the L2
    /// @param schemaId 0x1501
    /// @return the bytes
    function encodeResult(bytes32 requestRoot, bool success, uint64 chainId, uint16 schemaId)
        external
        pure
        returns (bytes memory)
    {
        return Execute.encode(ExecuteResult(requestRoot, success, chainId, schemaId));
    }

    /// @notice EXECUTE: anything that is not a call of the functions above, which no input can be.
    /// @param input StatelessInput
    /// @return the result, 43 bytes
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        uint256 start = gasleft();
        bytes32 inputHash = keccak256(input);
        Answer storage answer = _answers[inputHash];
        bytes memory output = answer.output;
        if (answer.kind == Kind.Refusal) _halt();
        if (answer.kind == Kind.Untold) {
            if (_refusesAll || !_isInput(input)) _halt();
            // The chain id is in the input as it is in the result.
            output = bytes.concat(inputHash, hex"01", input[10:18], input[1:2], input[0:1]);
        }
        uint256 price = BASE_GAS + GAS_PER_BYTE * input.length + _regularGas;
        // With too little gas this ends as EXECUTE ends: everything is gone.
        while (start - gasleft() < price) {} // solhint-disable-line no-empty-blocks
        return output;
    }

    function _isInput(bytes calldata input) private pure returns (bool) {
        return input.length >= SHORTEST_INPUT && bytes2(input[0:2]) == bytes2(Execute.SCHEMA_ID);
    }

    /// @dev An exceptional halt, as nothing else takes all gas.
    function _halt() private pure {
        assembly ("memory-safe") {
            invalid()
        }
    }
}
