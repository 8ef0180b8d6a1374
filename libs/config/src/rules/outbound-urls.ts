import type { EgressRules } from '../model/egress-rules.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { tokenEndpointsOf } from '../model/issued-endpoints.js';
import { registrationUrlOf } from '../model/own-registration.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { isHttps, isLocalhost, namedAddress } from '../urls/hosts.js';
import { issuerPath, providersOf, strategiesOf, type PlacedProvider, type Rule } from './rule.js';

interface Outbound {
  readonly path: Path;
  readonly url: string | undefined;
  readonly egress: EgressRules;
  /** The person's browser visits it, not a service, so any address is allowed. */
  readonly byBrowser?: true;
  /** By another rule. */
  readonly schemeIsChecked?: true;
}

/** Requests leave over https and to public addresses, unless the opt-out beside the URL says otherwise. */
export const outboundUrls: Rule = (model) =>
  outboundOf(model).flatMap(({ path, url, egress, byBrowser, schemeIsChecked }) => {
    if (url === undefined || url === '') return [];
    const findings: Finding[] = [];
    const maySayHttp =
      schemeIsChecked === true || egress.insecureAllowHttp || (byBrowser === true && isLocalhost(url));
    if (!isHttps(url) && !maySayHttp)
      findings.push({
        path,
        message: 'http is refused: tokens would travel in the clear.',
        instead: `${url.replace(/^http:/i, 'https:')}, or insecureAllowHttp: true beside it`,
      });
    const kind = byBrowser === true ? 'public' : namedAddress(url);
    if (kind === 'private' && !egress.allowPrivateIps)
      findings.push({
        path,
        message: 'This is a private or loopback address.',
        instead: 'a public host, or allowPrivateIps: true beside it',
      });
    // What allowPrivateIps does not open either (libs/safe-fetch).
    if (kind === 'forbidden')
      findings.push({
        path,
        message:
          'No request ever goes to this address: it is link-local, a metadata service, multicast or reserved.',
        instead: 'the address of a server',
      });
    return findings;
  });

const outboundOf = (model: GatehouseModel): readonly Outbound[] => [
  ...model.backends.flatMap((backend, index) =>
    backend.stdio === undefined
      ? [{ path: ['backends', index, 'url'], url: backend.url, egress: backend }]
      : [],
  ),
  ...(model.backends.some(({ stdio }) => stdio !== undefined)
    ? [{ path: ['bridge', 'url'], url: model.bridge.url, egress: model.bridge }]
    : []),
  ...providersOf(model).flatMap(providerUrls),
  ...issuedTokenUrls(model),
  ...(model.authServer?.assertionIssuers ?? []).flatMap((egress, index) => [
    // With a URL of its keys, its name alone is used.
    ...(egress.jwksUrl === undefined
      ? [{ path: [...ASSERTION_ISSUERS, index, 'issuer'], url: egress.issuer, egress }]
      : []),
    { path: [...ASSERTION_ISSUERS, index, 'jwksUrl'], url: egress.jwksUrl, egress },
  ]),
  ...(model.authServer?.keyHolders.awsKms === undefined
    ? []
    : [
        {
          path: ['authServer', 'keyHolders', 'awsKms', 'endpoint'],
          url: model.authServer.keyHolders.awsKms.endpoint,
          egress: model.authServer.keyHolders.awsKms,
        },
      ]),
  {
    path: ['egress', 'proxy', 'url'],
    url: model.wayOut.httpsProxy?.url ?? model.wayOut.httpProxy?.url,
    // The operator's own choice (ADR 22).
    egress: { allowPrivateIps: true, insecureAllowHttp: true },
  },
  ...(model.incomingAuth.type === 'oidc'
    ? [
        {
          path: ['incomingAuth', 'oidc', 'issuer'],
          url: model.incomingAuth.oidc.issuer,
          egress: model.incomingAuth.oidc,
          // With the issuers.
          schemeIsChecked: true as const,
        },
        {
          path: ['incomingAuth', 'oidc', 'jwksUrl'],
          url: model.incomingAuth.oidc.jwksUrl,
          egress: model.incomingAuth.oidc,
        },
        {
          path: ['incomingAuth', 'oidc', 'introspection', 'url'],
          url: model.incomingAuth.oidc.introspection?.url,
          egress: model.incomingAuth.oidc,
        },
      ]
    : []),
];

const ASSERTION_ISSUERS: Path = ['authServer', 'assertionIssuers'];

function providerUrls(placed: PlacedProvider): readonly Outbound[] {
  const { value, block } = placed;
  const { protocol } = value;
  // A backend's own OAuth is found when it is needed; its issuer may be written.
  if (protocol.type !== 'oauth2')
    return [{ path: issuerPath(placed), url: protocol.issuer, egress: value }, ...registrationUrls(placed)];
  const { authorizationEndpoint, tokenEndpoint, refreshEndpoint, revocationEndpoint, identity } = protocol;
  return [
    {
      path: [...block, 'authorizationEndpoint'],
      url: authorizationEndpoint,
      egress: value,
      byBrowser: true,
    },
    { path: [...block, 'tokenEndpoint'], url: tokenEndpoint, egress: value },
    { path: [...block, 'refreshEndpoint'], url: refreshEndpoint, egress: value },
    { path: [...block, 'revocationEndpoint'], url: revocationEndpoint, egress: value },
    ...(identity.from === 'userInfo'
      ? [{ path: [...block, 'userInfo', 'endpointUrl'], url: identity.endpointUrl, egress: value }]
      : []),
    ...(identity.from === 'idToken'
      ? [{ path: [...block, 'identityFromToken', 'jwksUrl'], url: identity.jwksUrl, egress: value }]
      : []),
    ...registrationUrls(placed),
  ];
}

const registrationUrls = ({ value, block }: PlacedProvider): readonly Outbound[] =>
  // What is derived from the issuer was looked at with it.
  value.registration === undefined ||
  (value.protocol.type === 'oidc' && 'discoveryUrl' in value.registration.at)
    ? []
    : [
        {
          path: [
            ...block,
            'dcrConfig',
            'discoveryUrl' in value.registration.at ? 'discoveryUrl' : 'registrationEndpoint',
          ],
          url: registrationUrlOf(value.registration),
          egress: value,
        },
      ];

const issuedTokenUrls = (model: GatehouseModel): readonly Outbound[] =>
  strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? tokenEndpointsOf(value).map(({ party, fieldOf }) => ({
          path: [...path, value.type, fieldOf('tokenUrl')],
          url: party.tokenUrl,
          egress: value,
        }))
      : [],
  );
