import { isLocalhost, isLoopbackAddress } from '@gatehouse/config/urls/hosts';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { namedUrl } from '../shown-text.js';
import { asked, clockFinding, objectOf, textOf, type Egress, type Party } from './asked.js';
import { certificateFindings } from './certificate.js';
import type { Check, DoctorFinding } from './finding.js';
import { forwardedFindings } from './forwarded-checks.js';

type Installation = Pick<
  GatehouseModel,
  'publicUrl' | 'resourceUrl' | 'authServer' | 'listen' | 'incomingAuth'
>;

/** The URLs of the gateway as clients see them, from where the doctor runs. */
export function publicChecks(model: Installation, egress: Egress, withinMs: number): readonly Check[] {
  // A public name may lead to a private address inside of the network.
  const open = { ...egress, allowPrivateIps: true, insecureAllowHttp: true };
  const { publicUrl, authServer } = model;
  const gateway: Party = { kind: 'public-url', about: `gateway ${publicUrl}`, egress: open, withinMs };
  const checks: Check[] = [
    { about: gateway.about, run: async () => await gatewayFindings(model, gateway) },
    { about: gateway.about, run: async () => await certificateFindings(gateway.about, publicUrl, withinMs) },
    { about: gateway.about, run: () => Promise.resolve(proxyFindings(model)) },
  ];
  if (authServer === undefined) return checks;
  const issuer: Party = {
    kind: 'issuer',
    about: `authorization server ${authServer.issuer}`,
    egress: open,
    withinMs,
  };
  return [
    ...checks,
    { about: issuer.about, run: async () => await issuerFindings(authServer.issuer, issuer) },
    {
      about: issuer.about,
      run: async () =>
        await forwardedFindings(
          {
            issuer: authServer.issuer,
            metadataUrl: wellKnown(authServer.issuer, 'oauth-authorization-server'),
            listener: model.listen.authorizationServer,
          },
          issuer,
        ),
    },
    ...(URL.parse(authServer.issuer)?.origin === URL.parse(publicUrl)?.origin
      ? []
      : [
          {
            about: issuer.about,
            run: async () => await certificateFindings(issuer.about, authServer.issuer, withinMs),
          },
        ]),
  ];
}

/** RFC 8414 section 3.1 and RFC 9728 section 3.1: between the host and the path. */
function wellKnown(url: string, name: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}/.well-known/${name}${pathname === '/' ? '' : pathname}`;
}

async function gatewayFindings(
  { resourceUrl, incomingAuth }: Installation,
  party: Party,
): Promise<readonly DoctorFinding[]> {
  const answer = await asked(party, { url: wellKnown(resourceUrl, 'oauth-protected-resource') });
  if (!answer.ok) return [answer.finding];
  const finding = (name: string, cause: string, evidence: string, fix: string): readonly DoctorFinding[] => [
    { name, about: party.about, cause, evidence, fix },
  ];
  const { response, skewMs } = answer;
  const clock = clockFinding(party, skewMs);
  if (response.status === 421 || response.status === 403)
    return finding(
      'public-url-host',
      'The gateway does not know the Host header that reaches it.',
      `It answers ${response.status}.`,
      'Let the proxy in front keep the Host header, or write what it sends into trustedHosts.',
    );
  const resource = textOf(objectOf(response)?.['resource']);
  if (response.status !== 200 || resource === undefined)
    return finding(
      'public-url-not-gateway',
      'Something else than the gateway answers at publicUrl.',
      `Its protected-resource metadata answer ${response.status}.`,
      'Let the proxy in front send /mcp and /.well-known/oauth-protected-resource to the proxy of the gateway (docs/reverse-proxy.md).',
    );
  if (resource !== resourceUrl)
    return finding(
      'public-url-other-gateway',
      'A gateway with another configuration answers at publicUrl.',
      `It names ${namedUrl(resource) ?? 'no URL'}, and ${resourceUrl} is configured.`,
      'Restart it with this configuration, or correct publicUrl.',
    );
  return [
    ...clock,
    ...(incomingAuth.type === 'oidc' ? await challengeFindings(resourceUrl, party, finding) : []),
  ];
}

type Said = (name: string, cause: string, evidence: string, fix: string) => readonly DoctorFinding[];

/** Without the challenge no client finds the authorization server (RFC 9728 section 5.1). */
async function challengeFindings(
  resourceUrl: string,
  party: Party,
  finding: Said,
): Promise<readonly DoctorFinding[]> {
  const answer = await asked(party, {
    url: resourceUrl,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
  if (!answer.ok) return [answer.finding];
  const { status, headers } = answer.response;
  if (status !== 401)
    return finding(
      'public-url-no-challenge',
      'The MCP endpoint does not ask for a token.',
      `It answers ${status} to a request without one.`,
      'Let the proxy in front pass requests and answers of /mcp unchanged.',
    );
  return (headers.get('www-authenticate') ?? '').includes('resource_metadata')
    ? []
    : finding(
        'public-url-challenge-lost',
        'The challenge does not reach clients: none can find where to sign in.',
        'WWW-Authenticate with resource_metadata is missing.',
        'Let the proxy in front pass the WWW-Authenticate header.',
      );
}

async function issuerFindings(issuer: string, party: Party): Promise<readonly DoctorFinding[]> {
  const answer = await asked(party, { url: wellKnown(issuer, 'oauth-authorization-server') });
  if (!answer.ok) return [answer.finding];
  const named = textOf(objectOf(answer.response)?.['issuer']);
  if (answer.response.status === 200 && named === issuer) return [];
  return [
    {
      name: named === undefined ? 'issuer-not-authorization-server' : 'issuer-other',
      about: party.about,
      cause:
        named === undefined
          ? 'Something else than the authorization server answers at the issuer.'
          : 'An authorization server with another issuer answers there.',
      evidence: `Its metadata answer ${answer.response.status}${namedUrl(named) === undefined ? '' : ` and name ${namedUrl(named)}`}.`,
      fix: 'Let the proxy in front send the paths of docs/reverse-proxy.md to the authorization server, or correct authServer.issuer.',
    },
  ];
}

/** A public URL and a listener on loopback: something stands between them, and what it says of callers is not believed. */
const proxyFindings = ({ publicUrl, authServer, listen }: Installation): readonly DoctorFinding[] =>
  authServer === undefined ||
  isLocalhost(publicUrl) ||
  !isLoopbackAddress(listen.authorizationServer.host) ||
  authServer.trustedProxies.length > 0
    ? []
    : [
        {
          name: 'trusted-proxies-missing',
          about: `authorization server ${authServer.issuer}`,
          cause:
            'A proxy in front has to be there, and its X-Forwarded-For is not believed: rate limits count all callers as one.',
          evidence: `It listens on ${listen.authorizationServer.host}, and trustedProxies is empty.`,
          fix: 'Write the address of that proxy into authServer.trustedProxies.',
        },
      ];
