import type { Plant } from './doctor-world.fixture.js';
import { row, type Row } from './plants.fixture.js';

const OCTO = 'authServer.upstreamProviders.1.oauth2Config';

/** The plain OAuth 2 provider, at which this gateway is to register itself. */
const registering = (dcrConfig: object): Plant => ({
  changes: {
    [`${OCTO}.clientId`]: undefined,
    [`${OCTO}.clientSecret`]: undefined,
    [`${OCTO}.dcrConfig`]: dcrConfig,
  },
});

const SSO = 'authServer.upstreamProviders.0.oidcConfig';

/** The same of the provider of OpenID Connect. */
const registeringAtOpenId = (dcrConfig: object): Plant => ({
  changes: {
    [`${SSO}.clientId`]: undefined,
    [`${SSO}.clientSecret`]: undefined,
    [`${SSO}.dcrConfig`]: dcrConfig,
  },
});

/** What can be wrong where this gateway registers itself. */
export const registrationPlants = (origin: () => string): readonly Row[] => [
  row('a provider that lets nobody register', 'provider-registration-missing', {
    plant: () => registering({ discoveryUrl: `${origin()}/.well-known/openid-configuration` }),
  }),
  row('a registration endpoint that is not there', 'provider-registration-missing', {
    plant: () => registering({ registrationEndpoint: `${origin()}/register` }),
  }),
  row('a provider of OpenID Connect that lets nobody register', 'provider-registration-missing', {
    plant: () => registeringAtOpenId({}),
  }),
];
