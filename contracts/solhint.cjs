// Every rule of solhint but these, for contracts/. Each exception says why.
module.exports = {
  extends: 'solhint:all',
  rules: {
    // The pragma is exact everywhere; solhint's own default asks for an older compiler.
    'compiler-version': ['error', '0.8.37'],
    'max-line-length': ['error', 130],
    // A flat list of checks, one line each, counts as complex and is not.
    'code-complexity': ['warn', 10],
    'func-visibility': ['error', { ignoreConstructors: true }],
    // A leading underscore marks parameters and what is not visible from outside; constants in capitals speak for themselves,
    // and struct members, return values and locals have none. The rule knows no such exceptions.
    'private-vars-leading-underscore': 'off',
    // scripts/checkNatspec.mjs asks for more, from the compiler's own syntax tree.
    'use-natspec': 'off',
    // For Foundry tests; there are none here.
    'foundry-test-functions': 'off',
    'foundry-test-function-naming': 'off',
    // External functions are called through ABIs; interfaces exist where one contract needs another.
    'comprehensive-interface': 'off',
    // RLP, SSZ, Merkle paths and calls with exact gas need it. Every block is marked memory-safe.
    'no-inline-assembly': 'off',
    // Deadlines and timestamp bounds are the subject; seconds do not matter to them.
    'not-rely-on-time': 'off',
    // Names of what is returned are documentation here; naming is chosen case by case.
    'gas-named-return-values': 'off',
    // An index costs gas and hides a value from readers of the data; what is looked up by is indexed.
    'gas-indexed-events': 'off',
    // Differences of a few gas beside storage and calldata; readability decides.
    'gas-strict-inequalities': 'off',
    'gas-length-in-loops': 'off',
    'gas-increment-by-one': 'off',
    'gas-small-strings': 'off',
    // The order of struct members is that of the message and of its hash.
    'gas-struct-packing': 'off',
    // Calls of hash functions and internal functions, whose parameters are in the order of what they hash.
    'func-named-parameters': 'off',
    // Resolves packages from solhint's own folder, which has none; the compiler resolves them.
    'import-path-check': 'off',
    // Private state is listed with slot comments; the meaning of keys stands there.
    'named-parameters-mapping': 'off',
    // Wants another order than this: packages first, then our own by path.
    'imports-order': 'off',
    // Functions stand in the order in which they are read: what a caller needs first, helpers below what uses them.
    'ordering': 'off',
  },
}
