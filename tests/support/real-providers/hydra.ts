import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { asJson } from './admin-api.js';
import { HydraPages } from './hydra-pages.js';
import { discovered } from './openid.js';
import type { Place, RealProvider } from './real-provider.js';
import { ServerProcess } from './server-process.js';

const ID_TOKEN_KEYS = 'hydra.openid.id-token';

/** Ory Hydra in memory. It has no pages of its own: ours log people in, as its documentation asks for. */
export async function hydra({ origin, port, folder }: Place): Promise<RealProvider> {
  const server = await ServerProcess.inNewFolder();
  const adminPort = await freePort();
  const admin = `http://127.0.0.1:${adminPort}/admin`;
  const pages = new HydraPages(admin);

  return {
    port,
    issuer: origin,
    configuration: ['provider: hydra', `baseUrl: ${origin}`, 'CLIENT'],
    async start({ client, members }) {
      pages.members = members;
      await pages.start();
      await server.start({
        command: [join(folder, 'hydra'), 'serve', 'all', '--dev'],
        environment: {
          DSN: 'memory',
          SECRETS_SYSTEM: 'a-system-secret-of-the-test',
          URLS_SELF_ISSUER: origin,
          URLS_LOGIN: `${pages.origin}/login`,
          URLS_CONSENT: `${pages.origin}/consent`,
          SERVE_PUBLIC_HOST: '127.0.0.1',
          SERVE_PUBLIC_PORT: String(port),
          SERVE_ADMIN_HOST: '127.0.0.1',
          SERVE_ADMIN_PORT: String(adminPort),
          SQA_OPT_OUT: 'true',
        },
        readyUrl: `http://127.0.0.1:${port}/health/ready`,
      });
      await asJson(`${admin}/clients`, {
        method: 'POST',
        body: {
          client_id: client.clientId,
          client_secret: client.clientSecret,
          redirect_uris: [client.redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          scope: 'openid offline_access',
        },
      });
      await discovered(origin);
    },
    async stop() {
      await server.close();
      await pages.stop();
    },
    loginOf: ({ sub }) => String(sub),
    async rotateKeys() {
      await asJson(`${admin}/keys/${ID_TOKEN_KEYS}`, {
        method: 'POST',
        body: { alg: 'RS256', use: 'sig', kid: '' },
      });
    },
    async endGrants(login) {
      const query = new URLSearchParams({ subject: login, all: 'true' });
      await asJson(`${admin}/oauth2/auth/sessions/consent?${query.toString()}`, { method: 'DELETE' });
    },
  };
}
