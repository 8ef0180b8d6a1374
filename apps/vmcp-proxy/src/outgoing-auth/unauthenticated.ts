import type { OutgoingStrategy } from './strategy.js';

/** Nothing is sent; in particular not what the caller sent. */
export const unauthenticated: OutgoingStrategy = { kind: 'fixed', header: undefined };
