import { row, type ManifestRow } from './manifest-row.fixture.js';
import { AS_OCTO, INCOMING, OUTGOING, OWN } from './places.fixture.js';

const EXCHANGE = { tokenUrl: 'https://sts.acme.example/token', audience: 'repos' };

/** Fields of two types beside each other, of which one would not count; and references in the form of an older version. */
export const TYPES_ROWS: readonly ManifestRow[] = [
  row('an exchange beside an injected token', { [`${AS_OCTO}.tokenExchange`]: EXCHANGE }, [
    [`${AS_OCTO}.tokenExchange`, 'These fields do not go with type: upstreamInject.'],
  ]),
  row('a token of nobody beside type unauthenticated', { [`${AS_OCTO}.type`]: 'unauthenticated' }, [
    [`${AS_OCTO}.upstreamInject`, 'These fields do not go with type: unauthenticated.'],
  ]),
  row(
    'service accounts beside an inline issuer',
    { [`${OWN}.kubernetesServiceAccount`]: { namespace: 'a' } },
    [[`${OWN}.kubernetesServiceAccount`, 'These fields do not go with type: inline.']],
  ),
  row(
    'policies in two places',
    {
      [`${INCOMING}.authzConfig`]: {
        type: 'inline',
        inline: { policies: ['permit(principal, action, resource);'] },
        configMap: { name: 'policies' },
      },
    },
    [[`${INCOMING}.authzConfig.configMap`, 'These fields do not go with type: inline.']],
  ),
  row(
    'a strategy of a backend in the form of an older version',
    { [`${OUTGOING}.backends.tickets.externalAuthConfigRef`]: 'exchange' },
    [
      [
        `${OUTGOING}.backends.tickets.externalAuthConfigRef`,
        'Expected fields, found a text.',
        'externalAuthConfigRef: { name: exchange }',
      ],
    ],
  ),
];
