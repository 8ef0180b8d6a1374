import { tokenEndpointsOf } from '../model/issued-endpoints.js';
import { isIssuedToken } from '../model/token-subject.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { canonicalUrl } from '../urls/canonical-url.js';
import { isLocalhost, isLoopbackAddress, placeOf } from '../urls/hosts.js';
import { issuerPath, providersOf, strategiesOf, type Rule } from './rule.js';

/** The gateway is neither one of its own backends nor its own provider: such a request would come back to it for ever. */
export const ownUrls: Rule = (model) => [
  ...model.backends.flatMap(({ url, stdio }, index) =>
    stdio === undefined ? backendFindings(model, url, ['backends', index, 'url']) : [],
  ),
  ...providersOf(model).flatMap((placed) =>
    placed.value.protocol.issuer === model.authServer?.issuer
      ? [
          {
            path: issuerPath(placed),
            related: [['authServer', 'issuer'], ['publicUrl']],
            message:
              'This is the issuer of this gateway itself: a provider is somebody else, who knows the person.',
          },
        ]
      : [],
  ),
  ...strategiesOf(model).flatMap(({ value, path }) =>
    isIssuedToken(value)
      ? tokenEndpointsOf(value)
          .filter(({ party }) => isOwnToken(model, party.tokenUrl))
          .map(({ fieldOf }) => ({
            path: [...path, value.type, fieldOf('tokenUrl')],
            related: [['authServer', 'issuer'], ['publicUrl']],
            message:
              'This is the token endpoint of this gateway itself, which has no token for a backend: write that of the provider.',
          }))
      : [],
  ),
];

const isOwnToken = ({ authServer }: GatehouseModel, tokenUrl: string): boolean =>
  authServer !== undefined &&
  tokenUrl !== '' &&
  canonicalUrl(tokenUrl) === canonicalUrl(`${authServer.issuer}/oauth/token`);

function backendFindings(model: GatehouseModel, url: string, path: Path): readonly Finding[] {
  const place = canonicalUrl(url).replace(/\/+$/, '');
  const own = canonicalUrl(model.resourceUrl);
  const gateway = canonicalUrl(model.publicUrl).replace(/\/+$/, '');
  if (place === gateway || place === own || place.startsWith(`${own}/`))
    return [
      {
        path,
        related: [['publicUrl']],
        message: 'This is the gateway itself: its calls would go round in a circle.',
        instead: 'the URL of the MCP server behind it',
      },
    ];
  const service = listeningAt(model, url);
  return service === undefined
    ? []
    : [
        {
          path,
          related: [['listen']],
          message: `${service} of this gateway listens there, and no MCP server.`,
          instead: 'the URL of the MCP server behind it',
        },
      ];
}

/** Only where both are on this machine: a container has a loopback address of its own. */
function listeningAt({ listen, backends, authServer }: GatehouseModel, url: string): string | undefined {
  const place = placeOf(url);
  if (place === undefined || !isLocalhost(url)) return undefined;
  const hasBridge = backends.some(({ stdio }) => stdio !== undefined);
  const { proxy, authorizationServer, tokenVault, bridge } = listen;
  const listeners = [
    { name: 'The proxy', ...proxy },
    { name: 'The internal listener of the proxy', ...proxy.internal },
    ...(authServer === undefined
      ? []
      : [
          { name: 'The authorization server', ...authorizationServer },
          { name: 'The internal listener of the authorization server', ...authorizationServer.internal },
        ]),
    { name: 'The internal listener of the token vault', ...tokenVault.internal },
    ...(hasBridge ? [{ name: 'The bridge', ...bridge }] : []),
  ];
  return listeners.find(({ host, port }) => isLoopbackAddress(host) && port === place.port)?.name;
}
