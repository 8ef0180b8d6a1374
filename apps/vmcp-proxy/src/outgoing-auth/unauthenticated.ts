import type { OutgoingStrategy } from './strategy.js';

/** No credential is sent, and never the caller's own. */
export const unauthenticated: OutgoingStrategy = { kind: 'fixed', header: undefined };
