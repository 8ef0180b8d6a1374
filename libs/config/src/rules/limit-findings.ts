import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { DURATION_BOUNDS, type Bounds } from '../model/bounds.js';
import type { ClientLimits } from '../model/client-limits.js';
import { within } from './time-bounds.js';

/** What there is to limit. */
export interface LimitBounds {
  /** Of the MCP endpoints. */
  readonly resourceUrls: readonly string[];
  readonly administration?: { readonly url: string };
  readonly scopesSupported: readonly string[];
  readonly tokenLifespans: {
    readonly accessTokenLifespanMs: number;
    readonly refreshTokenLifespanMs: number;
  };
}

/** What is wrong with limits of a client, wherever they were written. */
export const limitFindings = (limits: ClientLimits, path: Path, bounds: LimitBounds): readonly Finding[] => [
  ...(Object.keys(limits).length === 0
    ? [{ path, message: 'This limits nothing. Leave it out, or write a limit.' }]
    : []),
  ...listed(limits, path, bounds),
  ...lifespans(limits, path, bounds),
];

function listed(
  { resources, scopes }: ClientLimits,
  path: Path,
  { resourceUrls: known, administration, scopesSupported: supported }: LimitBounds,
): readonly Finding[] {
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
      known.includes(resource) || resource === administration?.url
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

function lifespans(limits: ClientLimits, path: Path, { tokenLifespans }: LimitBounds): readonly Finding[] {
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
