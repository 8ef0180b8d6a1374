import { MAX_NAME_LENGTH_OF_HOSTS } from '../model/bounds.js';
import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { Finding } from '../findings/problems.js';
import { unusedAssertionIssuers } from './assertion-issuers.js';
import { backendUrls } from './backend-urls.js';
import { commonCallbacks, unwrittenIssuers } from './callbacks.js';
import { exchangeTargets } from './exchange-targets.js';
import { idleClients } from './idle-clients.js';
import { knownIssuers } from './known-issuers.js';
import { lastingSignIns } from './lasting-sign-ins.js';
import { localAddresses, natsServers } from './local-addresses.js';
import { longNames } from './long-names.js';
import { publicUrlOfEndpoint } from './public-url.js';
import type { Rule } from './rule.js';
import { collectorPort } from './telemetry.js';
import { unusedProviders } from './unused-providers.js';
import { wideCredentials } from './wide-credentials.js';

/**
 * Allowed, but worth a second look. Warnings are printed by `gatehouse validate` and logged at start; they stop
 * nothing.
 */
export const WARNINGS: readonly { readonly warns: string; readonly rule: Rule }[] = [
  {
    warns:
      'A provider uses the common callback, or one that another provider uses, too. Then only `iss` (RFC 9207) tells their answers apart. An answer without it is refused, and every leg there is refused while one of these providers does not promise to send it.',
    rule: commonCallbacks,
  },
  {
    warns:
      'An `oauth2` provider without `issuer` has its authorization endpoint where another provider has its issuer. If it sends that issuer as `iss`, its answers are refused, because they seem to be the other provider’s.',
    rule: unwrittenIssuers,
  },
  {
    warns: `A tool's name is known to be longer than the ${MAX_NAME_LENGTH_OF_HOSTS} characters that many hosts take. Or a prefix leaves little room for such names, or \`maxNameLength\` shortens a name that is written.`,
    rule: longNames,
  },
  {
    warns: '`publicUrl` ends in `/mcp` or `/sse`: the MCP endpoint is `<publicUrl>/mcp`.',
    rule: publicUrlOfEndpoint,
  },
  {
    warns:
      'On one machine, a URL on localhost names another port than the service listens on, or the issuer is left out.',
    rule: localAddresses,
  },
  {
    warns:
      'A port of `nats.servers` is one that a NATS server has for people or for other servers, or an even number of replicas holds each stream.',
    rule: natsServers,
  },
  {
    warns:
      'A backend’s URL has no path, a path of the other transport, or a parameter that seems to hold a secret. Or another backend is there with the same credential.',
    rule: backendUrls,
  },
  {
    warns:
      'An issuer is known to be spelled otherwise, to be of a provider that has no OpenID Connect or many tenants, or looks like an endpoint.',
    rule: knownIssuers,
  },
  {
    warns: 'An oidc provider is not asked for a refresh token in the way that it needs.',
    rule: lastingSignIns,
  },
  {
    warns: 'Everybody signs in at a `required` provider that no strategy uses.',
    rule: unusedProviders,
  },
  {
    warns:
      'The default strategy gives one credential to backends on several hosts, or anonymous callers can reach a gateway that is not on localhost.',
    rule: wideCredentials,
  },
  {
    warns:
      'A provider is shown the gateway’s own token, which it has to trust, or another provider’s. Or an issued token is asked for without audience, resource and scopes.',
    rule: exchangeTargets,
  },
  { warns: '`clientCredentials` are for backends that are all used for a person.', rule: idleClients },
  { warns: 'No client presents assertions of an issuer.', rule: unusedAssertionIssuers },
  { warns: 'Traces go to the port of OTLP over gRPC; they leave over HTTP.', rule: collectorPort },
];

export const warningFindings = (model: GatehouseModel): readonly Finding[] =>
  WARNINGS.flatMap(({ rule, warns }) => rule(model).map((finding) => ({ ...finding, rule: warns })));
