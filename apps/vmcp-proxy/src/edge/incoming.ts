import type { IncomingHttpHeaders } from 'node:http';
import type { Principal } from '../incoming-auth/principal.js';
import type { Answer } from '../mcp/answer.js';

/** A message of a caller who is known, and where its answer goes. */
export interface Incoming {
  readonly principal: Principal;
  /** As they came; only named ones are ever looked at. */
  readonly headers: IncomingHttpHeaders;
  readonly answer: Answer;
}
