// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Execute, ExecuteResult} from "../../../contracts/kit/Execute.sol";

/// @dev The library from outside.
contract ExecuteCaller {
    function run(bytes calldata _input) external view returns (ExecuteResult memory) {
        return Execute.run(_input);
    }

    function decode(bytes calldata _output) external pure returns (ExecuteResult memory) {
        return Execute.decode(_output);
    }

    function encode(ExecuteResult calldata _result) external pure returns (bytes memory) {
        return Execute.encode(_result);
    }
}
