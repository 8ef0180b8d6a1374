import { SECOND_MS } from '@gatehouse/kernel/durations';
import type { AuthorizedBackend } from '../backends/authorized-backend.flow.js';
import { introduce, MAX_INTRODUCTION_BYTES } from '../backends/introduction.client.js';
import { MODERN, peerHeaders, type Peer } from '../backends/peer.js';
import { readAnswer } from '../backends/rpc-answer.client.js';
import type { Principal } from '../incoming-auth/principal.js';
import { aboutIn, NOTHING_SAID, type About } from '../mcp/about.js';
import type { Declared } from '../mcp/client-capabilities.js';
import { isObject } from '../mcp/message.js';
import { envelopeOf } from '../mcp/own-envelope.js';
import { isBackendVersion } from '../mcp/protocol.js';
import type { Kind } from './definitions.js';

/** The lists are there already, and somebody waits for them. */
const ANSWER_WITHIN_MS = 3 * SECOND_MS;
const ID = 'gatehouse-about';
const METHOD = 'server/discover';

interface AboutRequest {
  readonly backend: string;
  readonly principal: Principal;
  readonly declared: Declared;
  readonly deadlineAtMs: number;
}

/** What was heard of it, and whether that is recent enough. */
export interface KnownAbout {
  readonly about: About | undefined;
  readonly isRecent: boolean;
  /** Lists that it neither declares nor has, as of a moment ago. */
  readonly without: readonly Kind[];
}

/**
 * What a backend says about itself to the principal. A backend with sessions has said it when the session began. One that says
 * nothing now has said nothing new.
 */
export async function aboutBackend(
  request: AboutRequest,
  peer: Peer,
  known: KnownAbout,
  backends: AuthorizedBackend,
): Promise<About> {
  const before = known.about ?? NOTHING_SAID;
  if (peer.era === 'legacy' && peer.session !== undefined) return peer.about ?? before;
  if (known.isRecent) return before;
  try {
    return (
      (await (peer.era === 'modern' ? discovered(request, backends) : introduced(request, peer, backends))) ??
      before
    );
  } catch {
    return before;
  }
}

async function discovered(
  { declared, ...request }: AboutRequest,
  backends: AuthorizedBackend,
): Promise<About | undefined> {
  const params = { _meta: envelopeOf(declared.inRequests) };
  const response = await backends.send({
    ...request,
    answerWithinMs: ANSWER_WITHIN_MS,
    headers: peerHeaders(MODERN, METHOD, undefined),
    body: JSON.stringify({ jsonrpc: '2.0', id: ID, method: METHOD, params }),
  });
  const answer = await readAnswer(response, request.backend, ID);
  const said = answer.kind === 'result' ? answer.result.parsed(MAX_INTRODUCTION_BYTES) : undefined;
  return isObject(said) ? aboutIn(said) : undefined;
}

/** A server without sessions takes `initialize` at any time. */
async function introduced(
  { declared: { capabilities }, ...request }: AboutRequest,
  { version }: Extract<Peer, { era: 'legacy' }>,
  backends: AuthorizedBackend,
): Promise<About> {
  const first = isBackendVersion(version) ? version : undefined;
  const { about } = await introduce(
    backends,
    { ...request, capabilities, answerWithinMs: ANSWER_WITHIN_MS },
    first,
  );
  return about;
}
