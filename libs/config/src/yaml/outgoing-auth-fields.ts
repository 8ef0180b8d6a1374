import { TOKEN_TYPES, type TokenType } from '@gatehouse/kernel/token-types';
import { clientCredentials, endpointClient, requestTimeout, tokenTarget } from './endpoint-client-fields.js';
import { block, choice, egress, mapOf, text } from './fields.js';
import { headerInjection } from './header-injection-fields.js';
import { obo } from './obo-fields.js';
import { tokenDestination } from './token-destination-fields.js';
import { xaa } from './xaa-fields.js';

const SHORT_NAMES = ['access_token', 'id_token', 'jwt'] as const satisfies readonly TokenType[];

const tokenExchange = block('For `type: tokenExchange` (RFC 8693).', {
  tokenUrl: text('url', 'Token endpoint that exchanges.'),
  clientId: text('identifier', 'Client id at that endpoint.').exactOptional(),
  ...endpointClient,
  ...tokenTarget,
  subjectTokenType: choice(
    [...SHORT_NAMES, ...SHORT_NAMES.map((name) => TOKEN_TYPES[name])],
    'Which token of the subject is sent, and as what; `id_token` needs a `subjectProviderName` of type oidc.',
    {
      aliases: Object.fromEntries(SHORT_NAMES.map((name) => [TOKEN_TYPES[name], name])),
    },
  ).default('access_token'),
  subjectProviderName: text('identifier', 'Provider whose stored token is the subject.', {
    derived: "the caller's own Gatehouse token; never guessed",
  }).exactOptional(),
  timeout: requestTimeout('exchange'),
  ...tokenDestination,
  ...egress,
});

const strategy = (about: string) =>
  block(
    about,
    {
      type: choice(
        [
          'unauthenticated',
          'headerInjection',
          'upstreamInject',
          'tokenExchange',
          'clientCredentials',
          'xaa',
          'obo',
          'header_injection',
          'upstream_inject',
          'token_exchange',
          'client_credentials',
        ],
        'Where the credential comes from.',
        {
          aliases: {
            header_injection: 'headerInjection',
            upstream_inject: 'upstreamInject',
            token_exchange: 'tokenExchange',
            client_credentials: 'clientCredentials',
          },
          refused: ['awsSts', 'aws_sts'],
        },
      ),
      headerInjection: headerInjection.exactOptional(),
      upstreamInject: block("For `type: upstreamInject`: the provider's own access token.", {
        providerName: text('identifier', 'Name of an upstream provider.'),
        ...tokenDestination,
      }).exactOptional(),
      tokenExchange: tokenExchange.exactOptional(),
      clientCredentials: clientCredentials.exactOptional(),
      xaa: xaa.exactOptional(),
      obo: obo.exactOptional(),
    },
    {
      blocks: {
        unauthenticated: undefined,
        headerInjection: 'headerInjection',
        upstreamInject: 'upstreamInject',
        tokenExchange: 'tokenExchange',
        clientCredentials: 'clientCredentials',
        xaa: 'xaa',
        obo: 'obo',
      },
    },
  );

export const outgoingAuth = block('Which credential each backend receives.', {
  source: choice(['inline'], 'Where the strategies stand: in this document.').default('inline'),
  default: strategy('For every backend that `backends` does not name.').prefault({ type: 'unauthenticated' }),
  backends: mapOf(
    { name: 'backend', format: 'identifier' },
    strategy('For this backend.'),
    'Strategies by backend name.',
  ).prefault({}),
});
