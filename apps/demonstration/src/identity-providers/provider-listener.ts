import type Provider from 'oidc-provider';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { EndpointName } from '../control/faults.js';
import { gate } from '../control/fault-gate.js';
import type { TestControl } from '../control/test-control.js';
import { handle, pathOf, sendJson } from '../http/messages.js';
import { Interactions } from './interactions.js';
import type { Look } from './pages.js';
import type { Directory } from './people.js';

export interface ProviderFace {
  readonly part: 'acme-sso' | 'octo';
  readonly provider: Provider;
  readonly look: Look;
  readonly directory: Directory;
  readonly endpoints: Readonly<Partial<Record<string, EndpointName>>>;
  readonly userinfoPath: string;
  readonly userinfo: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Paths of oidc-provider that this provider does not have. */
  readonly hidden: readonly string[];
  readonly callbackUrls: readonly string[];
  /** Whether error redirects carry `iss` (RFC 9207). */
  readonly sendsIssuer: boolean;
}

/** One provider's HTTP face: its pages, its userinfo endpoint, and oidc-provider for the rest. */
export function providerListener(face: ProviderFace, control: TestControl | undefined): RequestListener {
  const pages = new Interactions(face.provider, face.look, face.directory);
  const protocol = face.provider.callback();
  const listener = handle(async (request, response) => {
    const path = pathOf(request);
    if (Interactions.owns(path)) await pages.serve(request, response, path);
    else if (path === face.userinfoPath) await face.userinfo(request, response);
    else if (face.hidden.includes(path)) sendJson(response, 404, { error: 'not_found' });
    else await protocol(request, response);
  });
  if (control !== undefined) record(face.part, face.provider, control);
  return gate(
    { part: face.part, endpoints: face.endpoints, deny: (...order) => deny(face, ...order) },
    control,
    listener,
  );
}

/** Answers as a provider where the person, or the provider's policy, refuses. */
function deny(
  face: ProviderFace,
  endpoint: EndpointName,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (endpoint !== 'authorization') {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    sendJson(response, 401, { error: 'invalid_token' }, challenge);
    return;
  }
  const query = new URL(request.url ?? '/', face.provider.issuer).searchParams;
  const callback = query.get('redirect_uri') ?? '';
  if (!face.callbackUrls.includes(callback)) {
    sendJson(response, 400, { error: 'invalid_redirect_uri' });
    return;
  }
  const target = new URL(callback);
  target.searchParams.set('error', 'access_denied');
  const state = query.get('state');
  if (state !== null) target.searchParams.set('state', state);
  if (face.sendsIssuer) target.searchParams.set('iss', face.provider.issuer);
  response.writeHead(303, { location: target.href }).end();
}

/** Writes every issued value and every token request into the ledger. */
function record(part: 'acme-sso' | 'octo', provider: Provider, { ledger }: TestControl): void {
  const grantType = (params: unknown): string => String((params as { grant_type?: unknown }).grant_type);
  provider.on('authorization.success', (_context, answer) => {
    ledger.issue(part, 'authorization_code', answer?.['code']);
  });
  provider.on('grant.success', (context) => {
    const answer = context.body as Readonly<Partial<Record<string, unknown>>>; // the token response just built
    ledger.issue(part, 'access_token', answer['access_token']);
    ledger.issue(part, 'refresh_token', answer['refresh_token']);
    ledger.issue(part, 'id_token', answer['id_token']);
    ledger.tokenRequest(part, grantType(context.oidc.params));
    ledger.redemption(part, grantType(context.oidc.params));
  });
  provider.on('grant.error', (context) => {
    ledger.tokenRequest(part, grantType(context.oidc.params ?? {}));
  });
}
