import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { ADMINISTRATION_SCOPE } from '../model/administration.js';
import type { AuthServer } from '../model/auth-server.js';
import type { GrantedTokens } from '../model/client-grants.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import { isHttps, isLocalhost } from '../urls/hosts.js';
import type { Rule } from './rule.js';

const AT: Path = ['authServer', 'administration'];
const URL_AT: Path = [...AT, 'url'];
const CLIENTS: Path = ['authServer', 'clientRegistration', 'clients'];

/** Whether a client's own tokens are those of an administrator. */
export const administers = ({ resources }: GrantedTokens, { authServer }: GatehouseModel): boolean =>
  authServer?.administration !== undefined && resources.includes(authServer.administration.url);

/** Tokens of administrators are for nothing else, no other token is for them, and somebody has one. */
export const administration: Rule = (model) => {
  const { authServer } = model;
  if (authServer === undefined) return [];
  return [
    ...scopeElsewhere(authServer),
    ...(authServer.administration === undefined
      ? []
      : [
          ...urlFindings(authServer, authServer.administration.url, model),
          ...clientFindings(authServer, model),
        ]),
    ...peoplesClients(authServer),
  ];
};

const scopeElsewhere = ({ scopesSupported }: AuthServer<unknown>): readonly Finding[] =>
  scopesSupported.includes(ADMINISTRATION_SCOPE)
    ? [
        {
          path: ['authServer', 'scopesSupported'],
          message: `${ADMINISTRATION_SCOPE} is the scope of administrators: every client could ask for it. Only clientCredentials for authServer.administration.url have it.`,
        },
      ]
    : [];

function urlFindings(
  { issuer, insecureAllowHttp }: AuthServer<unknown>,
  url: string,
  { publicUrl }: GatehouseModel,
): readonly Finding[] {
  const origin = URL.canParse(url) ? new URL(url).origin : undefined;
  if (origin !== url)
    return [
      {
        path: URL_AT,
        message:
          'This is an origin: a scheme, a host in lower case, and a port that is not that of the scheme.',
        ...(origin === undefined || origin === 'null' ? {} : { instead: origin }),
      },
    ];
  if ([issuer, publicUrl].some((other) => URL.canParse(other) && new URL(other).origin === origin))
    return [
      {
        path: URL_AT,
        message:
          'People and clients are at this origin. The API for administrators is reached at another one.',
      },
    ];
  return isHttps(url) || isLocalhost(url) || insecureAllowHttp
    ? []
    : [
        {
          path: URL_AT,
          message:
            'http is refused except on localhost: tokens would travel in the clear (insecureAllowHttp: true accepts that).',
          instead: url.replace(/^http:/i, 'https:'),
        },
      ];
}

function clientFindings(
  { clientRegistration: { clients }, administration: own }: AuthServer<unknown>,
  model: GatehouseModel,
): readonly Finding[] {
  const url = own?.url ?? '';
  const administrators = clients.flatMap(({ clientCredentials }, index) =>
    clientCredentials !== undefined && administers(clientCredentials, model)
      ? [{ clientCredentials, path: [...CLIENTS, index, 'clientCredentials'] }]
      : [],
  );
  if (administrators.length === 0 && own?.access === undefined)
    return [
      {
        path: AT,
        related: [CLIENTS],
        message: 'No client gets tokens for this, so nobody could call it.',
        instead: `a client with clientCredentials: { resources: [${url}], scopes: ['${ADMINISTRATION_SCOPE}'] }`,
      },
    ];
  return administrators.flatMap(({ clientCredentials: { resources, scopes }, path }): readonly Finding[] => [
    ...(resources.length === 1
      ? []
      : [
          {
            path: [...path, 'resources'],
            message: 'A client that administers gets tokens for nothing else. Let another client have those.',
            instead: `[${url}]`,
          },
        ]),
    ...(scopes.length === 1 && scopes[0] === ADMINISTRATION_SCOPE
      ? []
      : [
          {
            path: [...path, 'scopes'],
            message: `The scope of administrators is ${ADMINISTRATION_SCOPE}, and there is no other one for them.`,
            instead: `['${ADMINISTRATION_SCOPE}']`,
          },
        ]),
  ]);
}

const ELSEWHERE = [
  'clientCredentials',
  'tokenExchange',
  'identityAssertions',
  'introspection',
  'mayAct',
] as const;

/** People administer by clients that do nothing else, and there is one where anybody may. */
function peoplesClients({
  clientRegistration: { clients },
  administration: own,
}: AuthServer<unknown>): readonly Finding[] {
  const named = clients.flatMap((client, index) =>
    client.administers === true ? [{ client, path: [...CLIENTS, index] }] : [],
  );
  const mayAny = own?.access !== undefined;
  return [
    ...(mayAny && named.length === 0
      ? [
          {
            path: [...AT, 'access'],
            related: [CLIENTS],
            message: 'No client signs people in for this.',
            instead: 'a client with administers: true',
          },
        ]
      : []),
    ...named.flatMap(({ client, path }): readonly Finding[] => [
      ...(mayAny
        ? []
        : [
            {
              path: [...path, 'administers'],
              related: [[...AT, 'access']],
              message: 'Nobody may administer: authServer.administration.access says who may.',
            },
          ]),
      ...ELSEWHERE.flatMap((field) =>
        client[field] === undefined
          ? []
          : [
              {
                path: [...path, field],
                message:
                  'A client with which people administer does nothing else. Let another client have this.',
              },
            ],
      ),
      ...(['resources', 'scopes'] as const).flatMap((field) =>
        client.limits?.[field] === undefined
          ? []
          : [
              {
                path: [...path, 'limits', field],
                message: 'Its tokens are for the administrator’s API in any case. Leave this out.',
              },
            ],
      ),
    ]),
  ];
}
