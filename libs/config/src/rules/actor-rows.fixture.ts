import { EXCHANGE, type Row } from './row.fixture.js';

/** Who acts for the person, and what is asked for (RFC 8693 section 2.1). */
export const ACTOR_ROWS: readonly Row[] = [
  [
    'two actors',
    { [`${EXCHANGE}.actorProviderName`]: 'octo', [`${EXCHANGE}.actorClientCredentials`]: {} },
    `${EXCHANGE}.actorClientCredentials`,
    /either a provider/,
  ],
  [
    'the type of an actor that nobody is',
    { [`${EXCHANGE}.actorTokenType`]: 'jwt' },
    `${EXCHANGE}.actorTokenType`,
    /no effect/,
  ],
  [
    'an actor of a provider that does not exist',
    { [`${EXCHANGE}.actorProviderName`]: 'octoo' },
    `${EXCHANGE}.actorProviderName`,
    /Known: /,
    'octo',
  ],
  [
    'an id_token of an actor whose provider has none',
    { [`${EXCHANGE}.actorProviderName`]: 'octo', [`${EXCHANGE}.actorTokenType`]: 'id_token' },
    `${EXCHANGE}.actorTokenType`,
    /issues no id_token/,
  ],
  [
    'an id_token of the gateway',
    { [`${EXCHANGE}.actorClientCredentials`]: {}, [`${EXCHANGE}.actorTokenType`]: 'id_token' },
    `${EXCHANGE}.actorTokenType`,
    /no id_token/,
  ],
  [
    'a token of the gateway without a proof of who it is',
    { [`${EXCHANGE}.actorClientCredentials`]: {}, [`${EXCHANGE}.clientSecret`]: undefined },
    `${EXCHANGE}.actorClientCredentials`,
    /needs clientId and clientSecret or clientKey/,
  ],
  [
    'an actor that is the subject',
    { [`${EXCHANGE}.actorProviderName`]: 'acme-sso', [`${EXCHANGE}.subjectProviderName`]: 'acme-sso' },
    `${EXCHANGE}.actorProviderName`,
    /nobody acts/,
  ],
  [
    'a type that is not asked for',
    { [`${EXCHANGE}.requestedTokenType`]: 'refresh_token' },
    `${EXCHANGE}.requestedTokenType`,
  ],
];
