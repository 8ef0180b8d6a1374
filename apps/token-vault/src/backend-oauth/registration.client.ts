import type { upstreamClientMetadata } from '@gatehouse/config/urls/upstream-client';
import type { Secret } from '@gatehouse/kernel/secret';
import { KIB } from '@gatehouse/kernel/sizes';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { safeFetch } from '@gatehouse/safe-fetch/safe-fetch';
import type { RequestRules } from './metadata-documents.client.js';
import { readRegistration, type Registered, type RegistrableMethod } from './registration-answer.js';
import { UnfitServer } from './unfit-server.js';

const MAX_ANSWER_BYTES = 64 * KIB;

/** Where this gateway registers, and as what. */
interface RegistrationRequest {
  readonly url: string;
  /** For logs. */
  readonly issuer: string;
  readonly metadata: ReturnType<typeof upstreamClientMetadata> & {
    readonly token_endpoint_auth_method: RegistrableMethod;
    readonly scope?: string;
    readonly software_id?: string;
    readonly software_statement?: string;
    readonly id_token_signed_response_alg?: string;
    readonly backchannel_logout_uri?: string;
  };
  readonly initialAccessToken?: Secret;
  readonly rules: RequestRules;
}

/**
 * Dynamic Client Registration (RFC 7591 section 3). A redirect is a refusal: the token goes nowhere else.
 * @throws {UnfitServer}
 * @throws {OutboundFailure}
 */
export async function register({
  url,
  issuer,
  metadata,
  initialAccessToken,
  rules,
}: RegistrationRequest): Promise<Registered> {
  const { status, body } = await safeFetch(
    {
      url,
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': 'gatehouse',
        ...(initialAccessToken === undefined
          ? {}
          : { authorization: `Bearer ${initialAccessToken.reveal()}` }),
      },
      body: JSON.stringify(metadata),
    },
    { ...rules, maxResponseBytes: MAX_ANSWER_BYTES },
  );
  if (status === 429 || status >= 500)
    throw new OutboundFailure('unreachable', true, `the registration is answered with ${status}`);
  // RFC 7591 section 3.2.1 says 201; some say 200.
  if (status !== 200 && status !== 201)
    throw new UnfitServer('registration_refused', issuer, { status, ...errorIn(parsed(body)) });
  return readRegistration(parsed(body), metadata.redirect_uris[0]);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

const ERROR = /^[a-z_]{1,64}$/;

/** RFC 7591 section 3.2.2. What is no word is anybody's text. */
function errorIn(answer: unknown): { readonly upstreamError?: string } {
  const error = typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  return typeof error === 'string' && ERROR.test(error) ? { upstreamError: error } : {};
}
