import { noEffect, refused, type Decisions } from './decision.js';

const OPAQUE = noEffect(
  'codes and refresh tokens are random and stored as hashes; nothing is signed with such a key.',
);
const CONFIDENTIAL = noEffect('clients of both kinds can register, each with credentials of its own.');
const STORAGE = noEffect('what is issued is in Postgres, and tokens of providers are sealed in the vault.');
const NO_OTHER_ISSUERS = refused('of another issuer, this authorization server takes an ID-JAG alone.', {
  instead: 'assertionIssuers in a gatehouse.yaml beside the manifests',
});

/** Of `authServerConfig`. */
export const AUTH_SERVER_DECISIONS: Decisions = {
  'authServerConfig.allowConfidentialClientRegistration': CONFIDENTIAL,
  'authServerConfig.cimd.cacheFallbackTtl': noEffect(
    'documents of clients are kept as long as they say, within fixed bounds.',
  ),
  'authServerConfig.cimd.cacheMaxSize': noEffect('documents of clients are kept in the database.'),
  'authServerConfig.disableUpstreamTokenInjection': refused(
    'which backend receives a token of a provider is said by its strategy alone.',
    { allows: [false] },
  ),
  'authServerConfig.forceConfidentialRedirectUris': refused(
    'a redirect URI does not decide whether a client has a secret.',
  ),
  'authServerConfig.hmacSecretRefs': OPAQUE,
  'authServerConfig.insecureAllowConfidentialOverLoopbackHTTP': CONFIDENTIAL,
  'authServerConfig.storage': STORAGE,
  'authServerConfig.trustedIssuers': NO_OTHER_ISSUERS,
  'authServerConfig.upstreamProviders[].oidcConfig.userInfoOverride': refused(
    'who signed in is said by the verified id_token.',
    { instead: 'a provider of type oauth2 with userInfo' },
  ),
};
