import type { OwnRegistration } from '@gatehouse/config/model/own-registration';
import type { UpstreamProvider } from '@gatehouse/config/model/upstream-provider';
import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAttemptId } from '@gatehouse/kernel/ids';
import { Secret } from '@gatehouse/kernel/secret';
import type { Log } from '@gatehouse/observability/log';
import { McpAuthorizationServer } from '@gatehouse/testing/mcp-authorization-server';
import { BROWSER, type SignsIn } from './vault-client.js';
import { oauth2Provider, userInfoAt } from './vault-config.js';
import { startVaultWorld, type VaultWorld } from './vault-world.js';

export const INITIAL_ACCESS_TOKEN = 'value-of-the-initial-access-token';

/** Two replicas of a vault before a provider at which this gateway registers itself. */
export interface RegisteringWorld extends Omit<VaultWorld, 'as'> {
  readonly server: McpAuthorizationServer;
  /** Somebody else's. */
  readonly other: McpAuthorizationServer;
  readonly as: (login: string) => SignsIn;
  /** Where a browser would be sent. */
  readonly begin: (provider?: string) => Promise<URL>;
}

export function registering(
  name: string,
  server: McpAuthorizationServer,
  at: OwnRegistration<Secret>['at'],
  more: Partial<UpstreamProvider<Secret>> = {},
): UpstreamProvider<Secret> {
  const { requirement, scopes, additionalAuthorizationParams, dialect, redirectUri, timeoutMs, protocol } =
    oauth2Provider(name, server.issuer, {
      identity: { ...userInfoAt(`${server.issuer}/userinfo`), fieldMapping: BY_SUBJECT },
    });
  return {
    name,
    requirement,
    scopes,
    additionalAuthorizationParams,
    dialect,
    redirectUri,
    timeoutMs,
    protocol,
    allowPrivateIps: true,
    insecureAllowHttp: true,
    clientId: '',
    registration: { at, initialAccessToken: new Secret(INITIAL_ACCESS_TOKEN) },
    ...more,
  };
}

const BY_SUBJECT = { subjectFields: ['sub'], nameFields: ['sub'], emailFields: [] };

/**
 * `octo` registers where its metadata says, `coded` where it is told, as public software with a statement, `elsewhere` at
 * another server, and `walled` at an address that its configuration does not allow.
 */
export async function startRegisteringWorld(log?: Log): Promise<RegisteringWorld> {
  const [server, other] = await Promise.all([
    new McpAuthorizationServer('/tenant').start(),
    new McpAuthorizationServer().start(),
  ]);
  const discoveryUrl = `${server.origin}/.well-known/oauth-authorization-server/tenant`;
  const registrationEndpoint = `${server.issuer}/register`;
  const world = await startVaultWorld({
    replicas: 2,
    ...(log === undefined ? {} : { log }),
    providers: () => [
      registering('octo', server, { discoveryUrl }),
      registering(
        'coded',
        server,
        { registrationEndpoint },
        {
          tokenEndpointAuthMethod: 'none',
          registration: {
            at: { registrationEndpoint },
            softwareId: 'gatehouse',
            softwareStatement: 'eyJhbGciOiJub25lIn0.e30.',
          },
        },
      ),
      registering('elsewhere', server, {
        discoveryUrl: `${other.origin}/.well-known/oauth-authorization-server`,
      }),
      registering('walled', server, { registrationEndpoint }, { allowPrivateIps: false }),
    ],
    backends: {
      repos: { type: 'upstreamInject', providerName: 'octo' },
      code: { type: 'upstreamInject', providerName: 'coded' },
    },
  });
  return {
    ...world,
    server,
    other,
    as: (login) => async (url) => {
      server.login = login;
      return await server.visit(url);
    },
    begin: async (provider = 'octo') => {
      const { authorizationUrl } = await world.client.ask(connectionBegin, {
        attemptId: newAttemptId(),
        provider,
        browserBinding: BROWSER,
      });
      return new URL(authorizationUrl);
    },
    close: async () => {
      await world.close();
      await Promise.all([server.stop(), other.stop()]);
    },
  };
}

/** The provider behaves again, nothing is registered, and nobody is connected. */
export async function resetRegistering({ server, other, rows }: RegisteringWorld): Promise<void> {
  for (const one of [server, other]) {
    Object.assign(one, { metadata: {}, registration: {}, tokenAnswer: {}, redirect: {} });
    Object.assign(one, { registrationFailure: undefined, tokenFailure: undefined });
    for (const list of [one.registrations, one.shownAtRegistration, one.presented, one.authorizations])
      list.length = 0;
    one.revoked.length = 0;
  }
  server.initialAccessToken = INITIAL_ACCESS_TOKEN;
  for (const table of ['upstream_issuers', 'connections', 'staged_connections', 'revocation_outbox'])
    await rows.query({ name: `forget-${table}`, text: `delete from ${table}` });
}
