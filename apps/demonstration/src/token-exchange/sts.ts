import { TOKEN_EXCHANGE_GRANT } from '@gatehouse/kernel/token-types';
import type { Secret } from '@gatehouse/kernel/secret';
import { SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { EndpointName } from '../control/faults.js';
import { gate } from '../control/fault-gate.js';
import type { ControlledPart, TestControl } from '../control/test-control.js';
import { handle, HttpProblem, pathOf, readForm, sendJson } from '../http/messages.js';
import { makeSigningKey, SIGNING_ALGORITHM, type SigningKey } from '../http/signing-key.js';
import { authenticateClient } from './client-authentication.js';
import { readExchangeRequest, type Audience, type ExchangeRequest } from './exchange-request.js';
import { OAuthProblem } from './oauth-problem.js';
import { verifySubjectToken, type TrustedIssuer } from './subject-tokens.js';

const CLIENT_ID = 'gatehouse-exchange';

const ENDPOINTS: Readonly<Record<string, EndpointName>> = { '/token': 'token', '/jwks': 'jwks' };

export interface StsOptions {
  readonly url: string;
  readonly clientSecret: Secret;
  readonly tokenTtlSeconds: number;
  readonly trusted: readonly TrustedIssuer[];
  /** URLs of the services, for requests that name one by `resource`. */
  readonly resources: Readonly<Partial<Record<string, Audience>>>;
}

/** The security token service: RFC 8693 at `/token`, its keys at `/jwks`. */
export async function sts(
  options: StsOptions,
  control: TestControl | undefined,
): Promise<{ listener: RequestListener; controlled: ControlledPart }> {
  const key = await makeSigningKey();
  const listener = handle(async (request, response) => {
    switch (`${request.method ?? ''} ${pathOf(request)}`) {
      case 'GET /jwks':
        sendJson(response, 200, { keys: [key.publicJwk] });
        return;
      case 'POST /token':
        return exchange(options, key, control, request, response);
      default:
        throw new HttpProblem(404, 'not_found');
    }
  });
  return {
    listener: gate(
      {
        part: 'sts',
        endpoints: ENDPOINTS,
        deny: (_endpoint, _request, response) => sendJson(response, 403, {}),
      },
      control,
      listener,
    ),
    controlled: { expireAccessTokens: () => control?.endSignedTokens('sts') ?? 0 },
  };
}

async function exchange(
  options: StsOptions,
  key: SigningKey,
  control: TestControl | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = await readForm(request);
  control?.ledger.tokenRequest('sts', form.get('grant_type') ?? '');
  try {
    const client = { id: CLIENT_ID, secret: options.clientSecret };
    const clientId = authenticateClient(request.headers.authorization, form, client);
    const wanted = readExchangeRequest(form, options.resources);
    const subject = await verifySubjectToken(wanted.subjectToken, options.trusted);
    const token = await issue(options, key, clientId, wanted, subject);
    control?.ledger.issue('sts', 'access_token', token);
    control?.ledger.redemption('sts', TOKEN_EXCHANGE_GRANT);
    sendJson(response, 200, {
      access_token: token,
      issued_token_type: wanted.issuedTokenType,
      token_type: 'Bearer',
      expires_in: options.tokenTtlSeconds,
      ...(wanted.scope === undefined ? {} : { scope: wanted.scope }),
    });
  } catch (error) {
    if (!(error instanceof OAuthProblem)) throw error;
    const challenge: Record<string, string> =
      error.code === 'invalid_client' ? { 'www-authenticate': 'Basic realm="sts"' } : {};
    sendJson(response, error.status, { error: error.code, error_description: error.message }, challenge);
  }
}

/** The new token says whom it is about (`sub`) and who acts for them (`act`, RFC 8693, section 4.1). */
function issue(
  options: StsOptions,
  key: SigningKey,
  clientId: string,
  wanted: ExchangeRequest,
  subject: { readonly sub: string; readonly act?: unknown },
): Promise<string> {
  const act = subject.act === undefined ? { sub: clientId } : { sub: clientId, act: subject.act };
  const claims = { client_id: clientId, act, ...(wanted.scope === undefined ? {} : { scope: wanted.scope }) };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid: key.kid, typ: 'at+jwt' })
    .setIssuer(options.url)
    .setSubject(subject.sub)
    .setAudience(wanted.audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${options.tokenTtlSeconds}s`)
    .sign(key.privateKey);
}
