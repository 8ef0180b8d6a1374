import { join } from 'node:path';
import { until } from '@gatehouse/testing/until';
import { asJson } from './admin-api.js';
import { discovered, keyIds } from './openid.js';
import type { Member, Place, RealProvider, Registered } from './real-provider.js';
import { ServerProcess } from './server-process.js';

const REALM = 'people';
const ADMIN = 'admin';
const PRIORITY = 200;

/** Keycloak in its development mode; everything is made and changed through its admin REST API. */
export async function keycloak({ origin, port, folder }: Place): Promise<RealProvider> {
  const server = await ServerProcess.inNewFolder();
  const local = `http://127.0.0.1:${port}`;
  const issuer = `${origin}/realms/${REALM}`;
  let registered: Registered | undefined;

  /** Its tokens last a minute: each call gets its own. */
  const admin = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const form = { grant_type: 'password', client_id: 'admin-cli', username: ADMIN, password: ADMIN };
    const response = await fetch(`${local}/realms/master/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams(form),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return await asJson(`${local}/admin/realms${path}`, { method, token, body });
  };
  const userId = async (login: string): Promise<string> => {
    const path = `/${REALM}/users?exact=true&username=${encodeURIComponent(login)}`;
    const [user] = (await admin('GET', path)) as readonly { id: string }[];
    if (user === undefined) throw new Error(`Keycloak knows no ${login}`);
    return user.id;
  };

  return {
    port,
    issuer,
    configuration: ['provider: keycloak', `baseUrl: ${origin}`, `realm: ${REALM}`, 'CLIENT'],
    async start(now) {
      registered = now;
      await server.start({
        command: [
          join(folder, 'keycloak/bin/kc.sh'),
          'start-dev',
          `--http-port=${port}`,
          '--http-host=127.0.0.1',
          '--db=dev-mem',
        ],
        environment: {
          KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN,
          KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN,
          JAVA_OPTS_KC_HEAP: '-Xmx512m',
        },
        readyUrl: `${local}/realms/master`,
      });
      const { clientId, clientSecret, redirectUri } = now.client;
      await admin('POST', '', { realm: REALM, enabled: true });
      await admin('POST', `/${REALM}/clients`, {
        clientId,
        secret: clientSecret,
        redirectUris: [redirectUri],
      });
      for (const member of now.members) await admin('POST', `/${REALM}/users`, userOf(member));
      await discovered(issuer);
    },
    async stop() {
      await server.close();
    },
    loginOf: ({ preferred_username: login }) => String(login),
    async rotateKeys() {
      const before = await keyIds(issuer);
      const realm = (await admin('GET', `/${REALM}`)) as { id: string };
      await admin('POST', `/${REALM}/components`, {
        name: `rsa-${PRIORITY}`,
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        parentId: realm.id,
        config: { priority: [String(PRIORITY)] },
      });
      await until(async () => (await keyIds(issuer)).some((kid) => !before.includes(kid)));
    },
    async endGrants(login) {
      const user = await userId(login);
      const clientId = registered?.client.clientId ?? '';
      await admin('DELETE', `/${REALM}/users/${user}/consents/${clientId}`);
      await admin('POST', `/${REALM}/users/${user}/logout`);
    },
  };
}

const userOf = ({ login, password }: Member) => ({
  username: login,
  email: `${login}@acme.example`,
  emailVerified: true,
  firstName: login,
  lastName: 'Member',
  enabled: true,
  credentials: [{ type: 'password', value: password, temporary: false }],
});
