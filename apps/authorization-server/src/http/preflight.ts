import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Cors } from './cors.js';
import { sendProtocolError } from './reply.js';

const ORIGIN_REFUSED = {
  error: 'invalid_request',
  error_description:
    'Pages of the site in the Origin header may not call this endpoint; allowedOrigins in gatehouse.yaml lists those that may.',
};

/** What a browser asks before a page of another site may call (Fetch, section 3.3). */
export function answerPreflight(
  { headers: { origin } }: FastifyRequest,
  reply: FastifyReply,
  cors: Cors,
  methods = 'POST',
): void {
  if (cors.allows(origin)) void reply.code(204).headers(cors.preflight(origin, methods)).send();
  else sendProtocolError(reply, 403, ORIGIN_REFUSED, cors.headers(origin));
}
