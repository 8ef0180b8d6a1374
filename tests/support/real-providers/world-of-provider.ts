import { randomBytes } from 'node:crypto';
import { freePort } from '@gatehouse/testing/free-port';
import { PASSWORD } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { CheckedBackend } from './checked-backend.js';
import type { ClientAtProvider, RealProvider } from './real-provider.js';
import { folderOf, type TestedProvider } from './table.js';
import { WatchedProvider } from './watched-provider.js';

export const LOGINS = ['alice', 'bob', 'carol'];

/** The whole gateway, two of each service, in front of a provider that says who people are, and of a backend that takes its tokens. */
export interface WorldOfProvider {
  readonly world: World;
  readonly provider: RealProvider;
  readonly watched: WatchedProvider;
  readonly backend: CheckedBackend;
  readonly client: ClientAtProvider;
  close(): Promise<void>;
}

export async function worldOf({ name, make }: TestedProvider): Promise<WorldOfProvider> {
  const port = await freePort();
  const watched = await new WatchedProvider(await freePort(), port).start();
  const provider = await make({ origin: watched.origin, port, folder: folderOf(name) });
  const backend = await new CheckedBackend(provider).start();
  const clientSecret = randomBytes(24).toString('base64url');
  const world = await startWorld({
    replicas: 2,
    configure: (yaml) => configured(yaml, name, provider, backend),
    environment: { 'token-vault': { REAL_PROVIDER_CLIENT_SECRET: clientSecret } },
  });
  const redirectUri = `${world.issuer}/oauth/callback/${name}`;
  const client = { clientId: 'gatehouse', clientSecret, redirectUri };
  const close = async (): Promise<void> => {
    await world.close();
    await Promise.all([backend.stop(), watched.stop(), provider.stop()]);
  };
  try {
    await provider.start({ client, members: LOGINS.map((login) => ({ login, password: PASSWORD })) });
    return { world, provider, watched, backend, client, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const CLIENT = 'clientId: gatehouse, clientSecret: { env: REAL_PROVIDER_CLIENT_SECRET }';

/** It takes the place of the demonstration's first provider: it decides who a person is. */
function configured(yaml: string, name: string, provider: RealProvider, backend: CheckedBackend): string {
  const lines = [`name: ${name}`, ...provider.configuration].map((line) =>
    line === 'CLIENT'
      ? CLIENT.replace(', clientSecret', '\n      clientSecret')
      : line.replace('CLIENT', CLIENT),
  );
  return yaml
    .replace(/ {4}- name: acme-sso[\s\S]*?(?= {4}- name: octo)/, `    - ${lines.join('\n      ')}\n`)
    .replace(
      /\nbackends:\n[\s\S]*?(?=\noutgoingAuth:)/,
      (all) =>
        `${all
          .split('\n')
          .filter((line) => !/name: (directory|tickets)/.test(line))
          .join('\n')}  - { name: checked, url: ${backend.mcpUrl} }\n`,
    )
    .replace(/ {4}directory: .*\n/, '')
    .replace(/ {4}# A token for the backend, exchanged[\s\S]*?(?= {4}# The same)/, '')
    .replace(/ {4}# The same[\s\S]*?(?= {4}# One key)/, '')
    .replace(
      '  backends:\n',
      `  backends:\n    checked: { type: upstreamInject, upstreamInject: { providerName: ${name} } }\n`,
    );
}
