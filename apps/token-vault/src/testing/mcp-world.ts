import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAttemptId } from '@gatehouse/kernel/ids';
import type { Log } from '@gatehouse/observability/log';
import { GuardedBackend } from '@gatehouse/testing/guarded-backend';
import { McpAuthorizationServer } from '@gatehouse/testing/mcp-authorization-server';
import type { TestVaultOptions } from './test-vault.js';
import { BROWSER, type SignsIn } from './vault-client.js';
import { startVaultWorld, type VaultWorld } from './vault-world.js';

/** A backend that demands OAuth of its own, another authorization server, and a vault before both. */
export interface McpWorld extends VaultWorld {
  readonly authorization: McpAuthorizationServer;
  readonly other: McpAuthorizationServer;
  readonly backend: GuardedBackend;
  /** Another backend, of the other authorization server until it says otherwise. */
  readonly lure: GuardedBackend;
  /** Signs in at whatever authorization server the vault found, as this user. */
  readonly asAtBackend: (login: string) => SignsIn;
  /** Where a browser would be sent. */
  readonly begin: (provider?: string) => Promise<URL>;
}

export interface McpWorldOptions {
  readonly replicas?: number;
  readonly log?: Log;
  readonly providers: (
    world: Pick<McpWorld, 'authorization' | 'other' | 'backend' | 'lure'>,
  ) => TestVaultOptions['providers'];
}

export async function startMcpWorld({ replicas = 1, log, providers }: McpWorldOptions): Promise<McpWorld> {
  const [authorization, other] = await Promise.all([
    new McpAuthorizationServer('/tenant').start(),
    new McpAuthorizationServer().start(),
  ]);
  const [backend, lure] = await Promise.all([
    new GuardedBackend(authorization).start(),
    new GuardedBackend(other).start(),
  ]);
  const world = await startVaultWorld({
    replicas,
    ...(log === undefined ? {} : { log }),
    providers: () => providers({ authorization, other, backend, lure }),
    backends: {
      notes: { type: 'upstreamInject', providerName: 'notes' },
      pinned: { type: 'upstreamInject', providerName: 'pinned' },
    },
  });
  return {
    ...world,
    authorization,
    other,
    backend,
    lure,
    asAtBackend: (login) => async (url) => {
      const server = [authorization, other].find(({ origin }) => url.startsWith(origin));
      if (server === undefined) throw new Error(`no authorization server of ours: ${url}`);
      server.login = login;
      return await server.visit(url);
    },
    begin: async (provider = 'notes') => {
      const { authorizationUrl } = await world.client.ask(connectionBegin, {
        attemptId: newAttemptId(),
        provider,
        browserBinding: BROWSER,
      });
      return new URL(authorizationUrl);
    },
    close: async () => {
      await world.close();
      await Promise.all([backend, lure, authorization, other].map((stub) => stub.stop()));
    },
  };
}

/** Behaves again, and forgets what it counted; clients and tokens stay. */
export function resetStubs({ authorization, other, backend, lure }: McpWorld): void {
  for (const server of [authorization, other]) {
    Object.assign(server, { metadata: {}, registration: {}, tokenAnswer: {}, redirect: {}, login: 'alice' });
    Object.assign(server, { subject: undefined, tokenFailure: undefined });
    for (const list of [server.registrations, server.presented, server.authorizations, server.revoked])
      list.length = 0;
  }
  const honest = { metadata: {}, servedAt: 'path', challenge: undefined, bent: undefined };
  Object.assign(backend, { authorization, ...honest });
  Object.assign(lure, { authorization: other, ...honest });
}
