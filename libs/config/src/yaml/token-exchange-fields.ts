import { TOKEN_TYPES, type TokenType } from '@gatehouse/kernel/token-types';
import { z } from 'zod';
import { OWN_WORDS } from './checks.js';
import { endpointClient, requestTimeout, tokenTarget } from './endpoint-client-fields.js';
import { block, checkedBlock, choice, egress, flag, list, text } from './fields.js';
import { tokenDestination } from './token-destination-fields.js';

const SHORT_NAMES = ['access_token', 'id_token', 'jwt'] as const satisfies readonly TokenType[];

const tokenType = (about: string, derived?: string) =>
  choice([...SHORT_NAMES, ...SHORT_NAMES.map((name) => TOKEN_TYPES[name])], about, {
    aliases: Object.fromEntries(SHORT_NAMES.map((name) => [TOKEN_TYPES[name], name])),
    ...(derived === undefined ? {} : { derived }),
  });

/** An actor is a person's token or the gateway's. */
const oneActor = z.superRefine<object>((value, context) => {
  const actors = ['actorProviderName', 'actorClientCredentials'].filter((field) =>
    Object.hasOwn(value, field),
  );
  if (actors.length === 2)
    context.addIssue({
      code: OWN_WORDS,
      path: ['actorClientCredentials'],
      message:
        'The actor is either a provider’s token (actorProviderName) or the gateway (actorClientCredentials).',
    });
  if (actors.length === 0 && Object.hasOwn(value, 'actorTokenType'))
    context.addIssue({
      code: OWN_WORDS,
      path: ['actorTokenType'],
      message: 'actorTokenType has no effect without actorProviderName or actorClientCredentials.',
    });
});

/** For `type: tokenExchange`; what the seed system does not have is named after the parameters of RFC 8693 section 2.1. */
export const tokenExchange = checkedBlock(
  'For `type: tokenExchange` (RFC 8693).',
  {
    tokenUrl: text('url', 'Token endpoint that exchanges.'),
    clientId: text('identifier', 'Client id at that endpoint.').exactOptional(),
    ...endpointClient,
    ...tokenTarget,
    audiences: list(text('identifier', 'One name.'), 'Further names like `audience`, each sent.').default([]),
    resources: list(text('url', 'One URL.'), 'Further URLs like `resource`, each sent.').default([]),
    requestedTokenType: tokenType(
      'What is asked for. The answer has to be of this type; a `jwt` may also come for an `access_token`.',
    ).default('access_token'),
    subjectTokenType: tokenType(
      'Which token of the subject is sent, and as what; `id_token` needs a `subjectProviderName` of type oidc.',
    ).default('access_token'),
    subjectProviderName: text('identifier', 'Provider whose stored token is the subject.', {
      derived: "the caller's own Gatehouse token; never guessed",
    }).exactOptional(),
    subjectFromCaller: flag(
      'Without `authServer`: the subject is the token with which the caller came, of the external issuer. It goes to `tokenUrl` alone.',
    ),
    actorProviderName: text(
      'identifier',
      'Provider whose token of the same person is sent as the actor’s.',
    ).exactOptional(),
    actorTokenType: tokenType(
      'Which token of the actor is sent, and as what.',
      '`access_token`, where there is an actor',
    ).exactOptional(),
    actorClientCredentials: block(
      'The actor is the gateway: its own token of that endpoint is sent (RFC 6749 section 4.4). In the place of `actorProviderName`.',
      {
        audience: text('identifier', 'What the actor’s token is asked for.').exactOptional(),
        scopes: list(text('scope', 'One scope.'), 'Scopes to ask for.').default([]),
      },
    ).exactOptional(),
    timeout: requestTimeout('exchange'),
    ...tokenDestination,
    ...egress,
  },
  oneActor,
);
