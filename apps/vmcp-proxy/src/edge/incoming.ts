import type { IncomingHttpHeaders } from 'node:http';
import type { Scope } from '../catalog/scope.js';
import type { Principal } from '../incoming-auth/principal.js';
import type { Answer } from '../mcp/answer.js';
import type { Declared } from '../mcp/client-capabilities.js';

/** A message of a caller who is known, and where its answer goes. */
export interface Incoming {
  readonly principal: Principal;
  /** What the endpoint that it came to shows. */
  readonly scope: Scope;
  /** As they came; only named ones are ever looked at. */
  readonly headers: IncomingHttpHeaders;
  readonly answer: Answer;
  /** What its client declares; left out: nothing that is known. */
  readonly declared?: Declared | undefined;
  /**
   * When the whole request was here, of `performance.now()`; earlier by as long as others were asked about its caller. Left out:
   * it is no message.
   */
  readonly receivedAtMs?: number;
}
