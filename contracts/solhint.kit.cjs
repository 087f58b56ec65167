// The rules of solhint.cjs for contracts/kit/, which is compiled by its users: with whatever compiler they have from 0.8.20 on.
const { rules, ...config } = require('./solhint.cjs')

module.exports = { ...config, rules: { ...rules, 'compiler-version': ['error', '^0.8.20'] } }
