import { join } from 'node:path';
import { freePort } from '@gatehouse/testing/free-port';
import { inRepository } from '@gatehouse/testing/repository';
import type { Place, RealProvider } from './real-provider.js';
import { ServerProcess } from './server-process.js';

/** A small server of ours around authlib's grants, as its documentation shows them; an operator's port for keys and grants. */
export async function authlib({ origin, port, folder }: Place): Promise<RealProvider> {
  const server = await ServerProcess.inNewFolder();
  const adminPort = await freePort();
  const administer = async (path: string): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${adminPort}${path}`, { method: 'POST' });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  return {
    port,
    issuer: origin,
    configuration: [
      'type: oidc',
      `oidcConfig: { issuerUrl: ${origin}, scopes: [openid, profile, email, offline_access], CLIENT }`,
    ],
    async start({ client, members }) {
      await server.start({
        command: [
          join(folder, 'venv/bin/python'),
          inRepository('tests/support/real-providers/authlib_server.py'),
        ],
        environment: {
          AUTHLIB_SERVER: JSON.stringify({ issuer: origin, port, adminPort, client, members }),
          // Its check for TLS: here everything is on one machine.
          AUTHLIB_INSECURE_TRANSPORT: '1',
        },
        readyUrl: `http://127.0.0.1:${port}/.well-known/openid-configuration`,
      });
    },
    async stop() {
      await server.close();
    },
    loginOf: ({ name }) => String(name),
    rotateKeys: async () => await administer('/rotate-keys'),
    endGrants: async (login) => await administer(`/end-grants?login=${encodeURIComponent(login)}`),
  };
}
