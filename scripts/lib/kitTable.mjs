// Which interfaces contracts/kit/ has, of which contracts (scripts/lib/kitInterfaces.mjs makes them).

/**
 * What the interfaces are made of. `of` names contracts: one with several has what all of them have. `is` names the interface
 * that it builds on, whose members it does not repeat. `docs` has NatSpec where that of the contracts says too much.
 */
export const kitInterfaces = {
  IMessageBox: {
    title: 'What all messengers have in common',
    of: ['L1Messenger', 'L2Messenger', 'CrossMessenger'],
    docs: {
      MAX_MESSAGE_GAS: ['@notice Highest gas limit of a message.', '@return its value'],
      Mpt_InvalidProof: ['@notice A state proof does not lead from a state root to the root of the other side.'],
      Rlp_Invalid: ['@notice A header or proof node is not canonical RLP.'],
    },
  },
  IMessenger: {
    title: 'What the messengers of both chains of a rollup have in common',
    of: ['L1Messenger', 'L2Messenger'],
    is: 'IMessageBox',
    docs: {
      sendMessage: [
        '@notice Sends a message to the other chain; the ETH sent along minus the fee arrives with it. What the other side would',
        'not deliver is refused.',
        '@param to who is called there; not its messenger or rollup, and its token bridge only for the token bridge of this chain',
        '@param fee wei for whoever claims the message there',
        '@param gasLimit gas that the call gets there, state gas included; 1 to MAX_MESSAGE_GAS',
        '@param data calldata, at most 16 KiB',
        '@return index position in the tree of this chain',
      ],
    },
  },
  IL1Messenger: { title: 'Inbox, outbox and ETH escrow of one rollup on L1', of: ['L1Messenger'], is: 'IMessenger' },
  IL2Messenger: {
    title: 'Inbox, outbox and ETH reserve on L2, at L2Addresses.MESSENGER',
    of: ['L2Messenger'],
    is: 'IMessenger',
  },
  ICrossMessenger: {
    title: 'Messages between rollups of one L1 in one hop, at L2Addresses.CROSS_MESSENGER',
    of: ['CrossMessenger'],
    is: 'IMessageBox',
  },
  ITokenBridge: {
    title: 'What the token bridges of both chains of a rollup have in common',
    of: ['L1TokenBridge', 'L2TokenBridge'],
    docs: {
      MESSENGER: ['@notice The messenger of this chain.', '@return its value'],
      TOKEN_IMPLEMENTATION: ['@notice The contract that the tokens made here are clones of.', '@return its value'],
    },
  },
  IL1TokenBridge: { title: 'Token escrow of one rollup on L1', of: ['L1TokenBridge'], is: 'ITokenBridge' },
  IL2TokenBridge: {
    title: 'Token escrow on L2, at L2Addresses.TOKEN_BRIDGE',
    of: ['L2TokenBridge'],
    is: 'ITokenBridge',
  },
  IForcedQueue: { title: "Transactions that a rollup's proposer must not leave out", of: ['ForcedQueue'] },
  INativeRollup: { title: 'The L1 side of one native rollup', of: ['NativeRollup'], is: 'IForcedQueue' },
  IWithdrawalVerifier: { title: 'Proves messages out of an L2 state, on L1', of: ['WithdrawalVerifier'] },
  IL1State: { title: 'L1 as L2 sees it, at L2Addresses.L1_STATE', of: ['L1State'] },
  IL1Router: { title: 'Messages and ETH from one rollup to another, by way of L1', of: ['L1Router'] },
  IRollupFactory: { title: 'Creates the contracts of further rollups on an L1', of: ['RollupFactory'] },
  ICrossReceiver: {
    title: 'What a contract on L2 implements to get messages of other rollups through L1Router',
    of: ['ICrossReceiver'],
  },
}

/** NatSpec of errors that packages declare, complete. */
export const packageDocs = {
  SafeERC20FailedOperation: ['@notice An operation of the token failed.', '@param token the token'],
  InsufficientBalance: [
    '@notice There is too little ETH for the operation.',
    '@param balance wei that are there',
    '@param needed wei that are needed',
  ],
}
