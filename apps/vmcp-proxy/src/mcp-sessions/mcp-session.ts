import { sha256 } from '@gatehouse/kernel/digest';
import { z } from 'zod';
import { without } from '../mcp/message.js';
import { isLegacyVersion, type LegacyVersion } from '../mcp/protocol.js';
import { sessionOwner, type Principal } from '../incoming-auth/principal.js';

const storedSession = z.strictObject({
  issuer: z.string(),
  subject: z.string(),
  /** Of the endpoint at which it began; absent: `/mcp`. An earlier release, which knows no other, does not read the others. */
  place: z.string().optional(),
  protocolVersion: z.custom<LegacyVersion>(isLegacyVersion),
  clientInfo: z.record(z.string(), z.unknown()),
  capabilities: z.record(z.string(), z.unknown()),
  logLevel: z.string().optional(),
  /** URIs of resources whose updates it wants, as it knows them. */
  subscriptions: z.array(z.string()).optional(),
  writtenAtMs: z.number(),
});

/** A legacy client's session: what its `initialize` said, and whose it is. */
export type McpSession = Readonly<z.output<typeof storedSession>> & {
  readonly id: string;
  /** Of the id. It names the session where whoever reads along must not be able to use it. */
  readonly digest: string;
};

export const encodeSession = (session: McpSession): string =>
  JSON.stringify({
    ...without(session, 'id', 'digest'),
    place: session.place === '' ? undefined : session.place,
  });

/** `undefined` for a value that this release did not write. */
export function decodeSession(id: string, value: string): McpSession | undefined {
  try {
    const parsed = storedSession.safeParse(JSON.parse(value));
    return parsed.success ? { ...parsed.data, id, digest: sha256(id) } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A session belongs to a person, not to a token: tokens are renewed while a session lives. And it belongs to the endpoint at
 * which it began.
 */
export const ownedBy = (session: McpSession, principal: Principal, place: string): boolean =>
  session.issuer === principal.issuer &&
  session.subject === sessionOwner(principal) &&
  (session.place ?? '') === place;

/** Whether the client said that it can open a URL for the user (MCP 2025-11-25 and 2026-07-28). */
export function canOpenUrls(capabilities: Readonly<Record<string, unknown>>): boolean {
  const elicitation = capabilities['elicitation'];
  return typeof elicitation === 'object' && elicitation !== null && 'url' in elicitation;
}
