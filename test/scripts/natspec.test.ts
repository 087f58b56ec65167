import { expect, it } from 'vitest'
import { natspecProblems } from '../../scripts/lib/natspec.mjs'
import { parseSolidity, projectSources } from '../../scripts/lib/solidity.mjs'

const PATH = 'contracts/Sample.sol'

const COMPLETE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A pair.
/// @param left one of them
/// @param right the other
struct Pair {
    uint256 left;
    uint256 right;
}

/// @title What other contracts need
interface IBase {
    /// @notice Doubles.
    /// @param value what is doubled
    /// @return the double
    function double(uint256 value) external pure returns (uint256);
}

/// @title Everything that the check looks at
contract Sample is IBase {
    /// @dev Only inside.
    struct Hidden {
        uint256 value;
    }

    /// @notice A public one.
    uint256 public shown;
    Hidden private hidden;

    /// @notice It happened.
    /// @param what what
    event Happened(uint256 what);
    /// @notice It cannot be.
    /// @param why why
    error Sample_Impossible(uint256 why);

    /// @notice Begins.
    /// @param start where
    constructor(uint256 start) {
        shown = start;
    }

    /// @notice Takes ETH.
    receive() external payable {}

    /// @inheritdoc IBase
    function double(uint256 value) external pure returns (uint256) {
        return _half(value) * 4;
    }

    /// @notice Sums.
    /// @param pair see Pair
    /// @return sum of both
    function sum(Pair calldata pair) external pure returns (uint256) {
        return pair.left + pair.right;
    }

    function _half(uint256 value) private pure returns (uint256) {
        return value / 2;
    }
}
`

const problemsOf = (source: string) => natspecProblems(parseSolidity([PATH], new Map([[PATH, source]])))

it('finds nothing in contracts/', () => {
  const paths = projectSources()
  expect(paths).toContain('contracts/l1/NativeRollup.sol')
  expect(natspecProblems(parseSolidity(paths))).toEqual([])
})

it('finds nothing in a complete contract', () => {
  expect(problemsOf(COMPLETE)).toEqual([])
})

it.each([
  ['/// @title Everything that the check looks at', 'Sample: no @title'],
  ['/// @notice A pair.', 'Pair: no @notice'],
  ['/// @param right the other', 'Pair: no @param right'],
  ['    /// @return the double', 'IBase.double: 0 @return for 1 values'],
  ['    /// @param value what is doubled', 'IBase.double: no @param value'],
  ['    /// @dev Only inside.', 'Sample.Hidden: neither @dev nor @notice'],
  ['    /// @notice A public one.', 'Sample.shown: no @notice'],
  ['    /// @notice It happened.', 'Sample.Happened: no @notice'],
  ['    /// @param what what', 'Sample.Happened: no @param what'],
  ['    /// @param why why', 'Sample.Sample_Impossible: no @param why'],
  ['    /// @notice Begins.', 'Sample.constructor: no @notice'],
  ['    /// @param start where', 'Sample.constructor: no @param start'],
  ['    /// @notice Takes ETH.', 'Sample.receive: no @notice'],
  ['    /// @notice Sums.', 'Sample.sum: no @notice'],
  ['    /// @param pair see Pair', 'Sample.sum: no @param pair'],
  ['    /// @return sum of both', 'Sample.sum: 0 @return for 1 values'],
  ['    /// @inheritdoc IBase', 'Sample.double: no @notice'],
])('misses the line %s', (line, problem) => {
  expect(COMPLETE).toContain(line)
  expect(problemsOf(COMPLETE.replace(line, ''))).toContain(`${PATH}: ${problem}`)
})
