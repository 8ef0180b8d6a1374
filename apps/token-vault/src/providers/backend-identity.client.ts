import type { UpstreamIdentity } from '@gatehouse/contracts/fields';
import type { ResolvedProvider } from '../backend-oauth/resolved-provider.js';
import type { UpstreamFailure } from './upstream-failure.js';
import { verdictOf } from './upstream-verdict.js';
import { fetchIdentity } from './user-info.client.js';

type Answer =
  | { readonly ok: true; readonly identity: UpstreamIdentity | undefined }
  | { readonly ok: false; readonly failure: UpstreamFailure };

/**
 * Asks a backend's authorization server who the person is, if it has an endpoint for that. Many have none, or have one for
 * other tokens only: then nobody says it.
 * @throws {OutboundFailure}
 */
export async function identityAtBackend(provider: ResolvedProvider, accessToken: string): Promise<Answer> {
  const { userinfo_endpoint: endpointUrl } = provider.server;
  if (endpointUrl === undefined) return { ok: true, identity: undefined };
  const userInfo = {
    from: 'userInfo' as const,
    endpointUrl,
    method: 'GET' as const,
    additionalHeaders: {},
    fieldMapping: {
      subjectFields: ['sub'],
      nameFields: ['name', 'preferred_username'],
      emailFields: ['email'],
    },
  };
  const answer = await fetchIdentity(provider, userInfo, accessToken);
  if (answer.ok) return answer;
  return verdictOf(answer.failure) === 'passing' ? answer : { ok: true, identity: undefined };
}
