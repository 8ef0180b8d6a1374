import type { FastifyReply } from 'fastify';
import { sendProtocolError } from '../http/reply.js';

/**
 * Answers whoever shows no token, or a wrong one (RFC 6750, section 3).
 * @param wrong what is wrong with it. Absent: nothing was shown, so the challenge names no error (section 3.1).
 * @param cors headers with which the scripts of an allowed origin may read it
 */
export function refuseToken(
  reply: FastifyReply,
  realm: string,
  wrong: string | undefined,
  cors: Readonly<Record<string, string>>,
): void {
  const error = 'invalid_token';
  const named = wrong === undefined ? {} : { error, error_description: wrong };
  const parameters = Object.entries({ realm, ...named }).map(([name, value]) => `${name}="${value}"`);
  const body = { error, error_description: wrong ?? 'a token is needed here' };
  sendProtocolError(reply, 401, body, { ...cors, 'www-authenticate': `Bearer ${parameters.join(', ')}` });
}
