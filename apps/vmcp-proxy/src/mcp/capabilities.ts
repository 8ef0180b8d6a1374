/** What the gateway can do for clients: what its backends can, and nothing that it could not keep. */
export const CAPABILITIES = { tools: {}, resources: {}, prompts: {}, completions: {} } as const;

export const LEGACY_CAPABILITIES = { ...CAPABILITIES, logging: {} } as const;

export const INSTRUCTIONS =
  'Several services behind one endpoint. The first part of a name says which service it belongs to. When a tool answers with a link, the user has to open it once to connect an account.';
