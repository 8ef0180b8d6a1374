/** What a method of MCP is about, and the member of its `params` that names it. */
export interface CallMethod {
  readonly kind: 'tool' | 'prompt' | 'resource';
  readonly field: 'name' | 'uri';
}

/** The requests that one backend answers, besides `completion/complete`, which names its target in a reference. */
export const CALL_METHODS: ReadonlyMap<string, CallMethod> = new Map<string, CallMethod>([
  ['tools/call', { kind: 'tool', field: 'name' }],
  ['prompts/get', { kind: 'prompt', field: 'name' }],
  ['resources/read', { kind: 'resource', field: 'uri' }],
]);

/** Where the value of `Mcp-Name` comes from (MCP 2026-07-28, transports). */
export const nameField = (method: string): CallMethod['field'] | undefined => CALL_METHODS.get(method)?.field;

/** What a client asks one backend, and no other party of it. */
export const isCallMethod = (method: string): boolean =>
  CALL_METHODS.has(method) || method === 'completion/complete';
