import { row, wrong, type ManifestRow } from './manifest-row.fixture.js';
import { AS_OCTO, AUTH_SERVER, EXCHANGE, OUTGOING } from './places.fixture.js';

export const OUTGOING_ROWS: readonly ManifestRow[] = [
  wrong('outgoingAuth that is a list', OUTGOING, [], 'Expected fields, found a list.'),
  wrong('an unknown source', `${OUTGOING}.source`, 'external', 'Expected one of: discovered, inline.'),
  wrong(
    'a strategy for a backend that is not there',
    `${OUTGOING}.backends.ticket`,
    { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'api-key' } },
    'There is no backend named ticket. Known: repos, tickets, reports.',
    'tickets',
  ),
  row(
    'a choice without a type',
    { [`${OUTGOING}.backends.tickets`]: { externalAuthConfigRef: { name: 'exchange' } } },
    [[`${OUTGOING}.backends.tickets.type`, 'This field is required.']],
  ),
  wrong(
    'a choice of an unknown type',
    `${OUTGOING}.backends.tickets.type`,
    'external_auth_config_ref',
    'Expected one of: discovered, externalAuthConfigRef.',
    'externalAuthConfigRef',
  ),
  row('a strategy named in place', { [`${OUTGOING}.backends.tickets`]: { type: 'upstreamInject' } }, [
    [`${OUTGOING}.backends.tickets.type`, 'Expected one of: discovered, externalAuthConfigRef.'],
  ]),
  wrong(
    'a choice without its reference',
    `${OUTGOING}.backends.tickets.externalAuthConfigRef`,
    undefined,
    'type: externalAuthConfigRef needs externalAuthConfigRef.',
  ),
  row('a reference beside type discovered', { [`${OUTGOING}.backends.tickets.type`]: 'discovered' }, [
    [
      `${OUTGOING}.backends.tickets.externalAuthConfigRef`,
      'This does not go with type: discovered.',
      'type: externalAuthConfigRef',
    ],
  ]),
  wrong(
    'a reference to a strategy that is not there',
    `${OUTGOING}.backends.tickets.externalAuthConfigRef.name`,
    'exchanges',
    'There is no MCPExternalAuthConfig exchanges in namespace tools.',
    'one of: as-octo, exchange, api-key',
  ),
  row(
    'a default that is not there',
    { [`${OUTGOING}.default`]: { type: 'externalAuthConfigRef', externalAuthConfigRef: { name: 'none' } } },
    [
      [
        `${OUTGOING}.default.externalAuthConfigRef.name`,
        'There is no MCPExternalAuthConfig none in namespace tools.',
        'one of: as-octo, exchange, api-key',
      ],
    ],
  ),
  row('a default without its reference', { [`${OUTGOING}.default`]: { type: 'externalAuthConfigRef' } }, [
    [`${OUTGOING}.default.externalAuthConfigRef`, 'type: externalAuthConfigRef needs externalAuthConfigRef.'],
  ]),
  row('a default of an unknown type', { [`${OUTGOING}.default`]: { type: 'unauthenticated' } }, [
    [`${OUTGOING}.default.type`, 'Expected one of: discovered, externalAuthConfigRef.'],
  ]),
  wrong(
    'a strategy of an unknown type',
    `${AS_OCTO}.type`,
    'upstream_inject',
    'Expected one of: tokenExchange, headerInjection, bearerToken, unauthenticated, embeddedAuthServer, awsSts, upstreamInject, obo, xaa.',
    'upstreamInject',
  ),
  wrong('a strategy without a type', `${AS_OCTO}.type`, undefined, 'This field is required.'),
  wrong(
    'a strategy without its block',
    `${AS_OCTO}.upstreamInject`,
    undefined,
    'type: upstreamInject needs the fields under upstreamInject.',
  ),
  row('a strategy with the block of another type', { [`${AS_OCTO}.type`]: 'tokenExchange' }, [
    [`${AS_OCTO}.tokenExchange`, 'type: tokenExchange needs the fields under tokenExchange.'],
  ]),
  wrong(
    'a provider that is not there (V-02)',
    `${AS_OCTO}.upstreamInject.providerName`,
    'github',
    'There is no provider named github. Known: acme-sso, octo.',
  ),
  wrong(
    'a misspelled provider (V-02)',
    `${AS_OCTO}.upstreamInject.providerName`,
    'octa',
    'There is no provider named octa. Known: acme-sso, octo.',
    'octo',
  ),
  wrong('an empty provider (V-06)', `${AS_OCTO}.upstreamInject.providerName`, '', 'The value is empty.'),
  wrong('no provider (V-06)', `${AS_OCTO}.upstreamInject.providerName`, undefined, 'This field is required.'),
  row(
    'upstreamInject without an authorization server (V-01)',
    {
      [AUTH_SERVER]: undefined,
      [`${EXCHANGE}.tokenExchange.subjectProviderName`]: undefined,
      [`${OUTGOING}.backends`]: undefined,
    },
    [[`${AS_OCTO}.type`, 'upstreamInject needs authServerConfig: without it no provider is ever visited.']],
  ),
  wrong(
    'a provider that is a list',
    `${AS_OCTO}.upstreamInject.providerName`,
    ['octo'],
    'Expected a text, found a list.',
  ),
  wrong(
    'an unknown field of upstreamInject',
    `${AS_OCTO}.upstreamInject.headerName`,
    'X-Token',
    'Unknown field. Known here: providerName.',
  ),
  wrong(
    'tokenExchange without a URL',
    `${EXCHANGE}.tokenExchange.tokenUrl`,
    undefined,
    'This field is required.',
  ),
  wrong(
    'tokenExchange over http',
    `${EXCHANGE}.tokenExchange.tokenUrl`,
    'http://sts.acme.example/token',
    'http is refused: tokens would travel in the clear.',
    'https://sts.acme.example/token, or insecureAllowHttp: true in a gatehouse.yaml beside the manifests',
  ),
];
