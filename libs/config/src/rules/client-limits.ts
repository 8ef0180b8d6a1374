import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { AuthServer } from '../model/auth-server.js';
import { DURATION_BOUNDS, type Bounds } from '../model/bounds.js';
import type { ClientLimits } from '../model/client-limits.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { mcpEndpoints } from '../urls/mcp-endpoints.js';
import type { Rule } from './rule.js';
import { within } from './time-bounds.js';

const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];

type Client = AuthServer<unknown>['clientRegistration']['clients'][number];

/** What limits a client is there, leaves it something, and leaves it what the configuration gives it elsewhere. */
export const clientLimits: Rule = (model) =>
  (model.authServer?.clientRegistration.clients ?? []).flatMap((client, index) => {
    const { limits } = client;
    if (limits === undefined) return [];
    const path = [...CLIENTS, index];
    return [
      ...(Object.keys(limits).length === 0
        ? [{ path: [...path, 'limits'], message: 'This limits nothing. Leave it out, or write a limit.' }]
        : []),
      ...listed(limits, [...path, 'limits'], model),
      ...lifespans(limits, [...path, 'limits'], model),
      ...givenElsewhere(client, limits, path),
    ];
  });

function listed(
  { resources, scopes }: ClientLimits,
  path: Path,
  { authServer, resourceUrl, backends, views }: GatehouseModel,
): readonly Finding[] {
  const known = mcpEndpoints(resourceUrl, backends, views).map((endpoint) => endpoint.resourceUrl);
  const administration = authServer?.administration?.url;
  const supported = authServer?.scopesSupported ?? [];
  const nothing = (field: 'resources' | 'scopes', list: readonly string[] | undefined) =>
    list?.length === 0
      ? [
          {
            path: [...path, field],
            message: 'The client would get no token. Leave this out to limit nothing.',
          },
        ]
      : [];
  return [
    ...nothing('resources', resources),
    ...nothing('scopes', scopes),
    ...(resources ?? []).flatMap((resource, index) =>
      known.includes(resource) || resource === administration
        ? []
        : [
            {
              path: [...path, 'resources', index],
              message: 'Tokens are not issued for this: it is no MCP endpoint of this gateway.',
              instead: `one of ${known.join(', ')}`,
            },
          ],
    ),
    ...(scopes ?? []).flatMap((scope, index) =>
      supported.includes(scope)
        ? []
        : [
            {
              path: [...path, 'scopes', index],
              related: [['authServer', 'scopesSupported']],
              message: `${scope} is not in scopesSupported (${supported.join(', ')}).`,
            },
          ],
    ),
  ];
}

function lifespans(limits: ClientLimits, path: Path, { authServer }: GatehouseModel): readonly Finding[] {
  if (authServer === undefined) return [];
  const { tokenLifespans } = authServer;
  const access = limits.accessTokenLifespanMs ?? tokenLifespans.accessTokenLifespanMs;
  const refresh = limits.refreshTokenLifespanMs ?? tokenLifespans.refreshTokenLifespanMs;
  const isWritten = (limits.accessTokenLifespanMs ?? limits.refreshTokenLifespanMs) !== undefined;
  return [
    ...limit(
      'accessTokenLifespan',
      access,
      tokenLifespans.accessTokenLifespanMs,
      path,
      DURATION_BOUNDS.accessToken,
    ),
    ...limit(
      'refreshTokenLifespan',
      refresh,
      tokenLifespans.refreshTokenLifespanMs,
      path,
      DURATION_BOUNDS.refreshToken,
    ),
    ...(isWritten && refresh < access
      ? [
          {
            path: [...path, 'refreshTokenLifespan'],
            related: [[...path, 'accessTokenLifespan']],
            message: 'A refresh token must live at least as long as the access token that it renews.',
          },
        ]
      : []),
  ];
}

/** What stands elsewhere is judged there. */
function limit(
  field: 'accessTokenLifespan' | 'refreshTokenLifespan',
  valueMs: number,
  everybodysMs: number,
  path: Path,
  bounds: Bounds,
): readonly Finding[] {
  if (valueMs === everybodysMs) return [];
  if (valueMs < everybodysMs) return within([...path, field], valueMs, bounds);
  return [
    {
      path: [...path, field],
      related: [['authServer', 'tokenLifespans', field]],
      message: 'A limit is no longer than what holds for every client. Lower this, or raise the other one.',
    },
  ];
}

const GRANTS = ['clientCredentials', 'tokenExchange', 'identityAssertions'] as const;

function givenElsewhere(client: Client, limits: ClientLimits, path: Path): readonly Finding[] {
  return GRANTS.flatMap((grant) =>
    (['resources', 'scopes'] as const).flatMap((field) => {
      const limit = limits[field];
      if (limit === undefined) return [];
      return (client[grant]?.[field] ?? []).flatMap((value, index) =>
        limit.includes(value)
          ? []
          : [
              {
                path: [...path, grant, field, index],
                related: [[...path, 'limits', field]],
                message: 'The limits of the client leave this out, so that it never gets it.',
              },
            ],
      );
    }),
  );
}
