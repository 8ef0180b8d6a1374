/** What a method of MCP is about, and the member of its `params` that names it. */
export interface CallMethod {
  readonly kind: 'tool' | 'prompt' | 'resource' | 'task';
  readonly field: 'name' | 'uri' | 'taskId';
}

/** The requests that one backend answers, besides `completion/complete`, which names its target in a reference. */
export const CALL_METHODS: ReadonlyMap<string, CallMethod> = new Map<string, CallMethod>([
  ['tools/call', { kind: 'tool', field: 'name' }],
  ['prompts/get', { kind: 'prompt', field: 'name' }],
  ['resources/read', { kind: 'resource', field: 'uri' }],
  ['tasks/get', { kind: 'task', field: 'taskId' }],
  ['tasks/result', { kind: 'task', field: 'taskId' }],
  ['tasks/update', { kind: 'task', field: 'taskId' }],
  ['tasks/cancel', { kind: 'task', field: 'taskId' }],
]);

/** Of the methods above, those that MCP 2025-11-25 does not have, and those that the extension of 2026-07-28 left behind. */
const OF_ONE_ERA: ReadonlyMap<string, 'legacy' | 'modern'> = new Map([
  ['tasks/update', 'modern'],
  ['tasks/result', 'legacy'],
]);

export const isOfEra = (method: string, era: 'legacy' | 'modern'): boolean =>
  (OF_ONE_ERA.get(method) ?? era) === era;

/** Where the value of `Mcp-Name` comes from (MCP 2026-07-28, transports, and the tasks extension). */
export const nameField = (method: string): CallMethod['field'] | undefined => CALL_METHODS.get(method)?.field;

/** What a client asks one backend, and no other party of it. */
export const isCallMethod = (method: string): boolean =>
  CALL_METHODS.has(method) || method === 'completion/complete';
