import { bearerChallenge, type BearerChallenge } from '@gatehouse/kernel/bearer-challenge';
import { KIB } from '@gatehouse/kernel/sizes';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import type { EgressRules } from '@gatehouse/safe-fetch/egress-rules';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import { UnfitServer } from './unfit-server.js';

/** Where requests may go, and how long each may take. */
export interface RequestRules extends EgressRules {
  readonly timeoutMs: number;
}

const MAX_DOCUMENT_BYTES = 256 * KIB;

/** Any request will do. This one changes nothing, also at a backend that needs no token for it. */
const PROBE = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };

/**
 * Asks a backend without a token, to hear what it demands. A backend that does not answer, or answers anything else than
 * 401, demands nothing here; its documents may tell.
 */
export async function challengeOf(url: string, rules: RequestRules): Promise<BearerChallenge> {
  try {
    const { status, headers } = await safeFetch(
      {
        url,
        method: 'POST',
        headers: {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'user-agent': 'gatehouse',
        },
        body: JSON.stringify(PROBE),
      },
      { ...rules, maxResponseBytes: MAX_DOCUMENT_BYTES },
    );
    return status === 401 ? bearerChallenge(headers.get('www-authenticate')) : {};
  } catch (error) {
    // An answer that is too long, or never ends, is an answer.
    if (OutboundFailure.in(error)?.maybeSent === true) return {};
    throw error;
  }
}

/**
 * Fetches a metadata document. A redirect is an answer like any other status that is not 200.
 * @returns `undefined` when there is none
 * @throws {OutboundFailure} also when a server says that it may be there later
 */
export async function documentAt(url: string, rules: RequestRules): Promise<unknown> {
  const { status, body } = await safeFetch(
    { url, headers: { accept: 'application/json', 'user-agent': 'gatehouse' } },
    { ...rules, maxResponseBytes: MAX_DOCUMENT_BYTES },
  );
  if (status === 429 || status >= 500)
    throw new OutboundFailure('unreachable', true, `a metadata document is answered with ${status}`);
  if (status !== 200) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    throw new UnfitServer('metadata_unreadable', url);
  }
}
