import { awsSts } from './aws-sts-fields.js';
import { clientCredentials } from './endpoint-client-fields.js';
import { block, choice, mapOf, text } from './fields.js';
import { googleServiceAccount } from './google-service-account-fields.js';
import { headerInjection } from './header-injection-fields.js';
import { obo } from './obo-fields.js';
import { tokenDestination } from './token-destination-fields.js';
import { NO_TOOL_SCOPES } from './tool-scopes-fields.js';
import { tokenExchange } from './token-exchange-fields.js';
import { xaa } from './xaa-fields.js';

const upstreamInject = block(
  "For `type: upstreamInject`: the provider's own access token.",
  { providerName: text('identifier', 'Name of an upstream provider.'), ...tokenDestination },
  { mistakes: NO_TOOL_SCOPES.upstreamInject },
);

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
          'googleServiceAccount',
          'xaa',
          'obo',
          'awsSts',
          'header_injection',
          'upstream_inject',
          'token_exchange',
          'client_credentials',
          'aws_sts',
        ],
        'Where the credential comes from.',
        {
          aliases: {
            header_injection: 'headerInjection',
            upstream_inject: 'upstreamInject',
            token_exchange: 'tokenExchange',
            client_credentials: 'clientCredentials',
            aws_sts: 'awsSts',
          },
          refused: ['bearerToken', 'embeddedAuthServer'],
        },
      ),
      headerInjection: headerInjection.exactOptional(),
      upstreamInject: upstreamInject.exactOptional(),
      tokenExchange: tokenExchange.exactOptional(),
      clientCredentials: clientCredentials.exactOptional(),
      googleServiceAccount: googleServiceAccount.exactOptional(),
      xaa: xaa.exactOptional(),
      obo: obo.exactOptional(),
      awsSts: awsSts.exactOptional(),
    },
    {
      mistakes: NO_TOOL_SCOPES.strategy,
      blocks: {
        unauthenticated: undefined,
        headerInjection: 'headerInjection',
        upstreamInject: 'upstreamInject',
        tokenExchange: 'tokenExchange',
        clientCredentials: 'clientCredentials',
        googleServiceAccount: 'googleServiceAccount',
        xaa: 'xaa',
        obo: 'obo',
        awsSts: 'awsSts',
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
