import type { GatehouseYaml } from '../gatehouse-yaml.js';
import type { AuthServer, GatehouseModel, IncomingAuth } from '../model.js';
import { buildAuthServer, buildKeyEncryptionKeys } from './auth-server.js';
import { egressRules, EVERY_SERVICE, given, milliseconds, type SecretResolver } from './context.js';
import { buildOutgoingAuth } from './outgoing-auth.js';

/** The model of a structurally valid document. Total: what is wrong in it is for the rules to say. */
export function modelFromYaml(written: GatehouseYaml, secrets: SecretResolver): GatehouseModel {
  const { name, publicUrl, postgres } = written;
  const resourceUrl = `${publicUrl}/mcp`;
  const authServer = written.authServer && buildAuthServer(written.authServer, publicUrl, secrets);
  return {
    name,
    publicUrl,
    resourceUrl,
    ...given('authServer', authServer),
    incomingAuth: buildIncomingAuth(written.incomingAuth, resourceUrl, authServer),
    backends: written.backends.map(({ timeout, ...backend }) => ({
      ...backend,
      ...egressRules(backend, backend.url),
      timeoutMs: milliseconds(timeout),
    })),
    outgoingAuth: buildOutgoingAuth(written.outgoingAuth, secrets),
    aggregation: {
      ...written.aggregation,
      tools: written.aggregation.tools.map(({ overrides, ...tools }) => ({
        ...tools,
        overrides: new Map(Object.entries(overrides)),
      })),
    },
    vault: {
      keyEncryptionKeys: buildKeyEncryptionKeys(
        written.vault.keyEncryptionKeys,
        ['vault', 'keyEncryptionKeys'],
        ['token-vault'],
        secrets,
      ),
    },
    postgres: {
      ...given(
        'authorizationServer',
        postgres.authorizationServer && {
          url: secrets.secret(postgres.authorizationServer.url, ['postgres', 'authorizationServer', 'url'], {
            kind: 'postgresUrl',
            owners: ['authorization-server'],
          }),
        },
      ),
      tokenVault: {
        url: secrets.secret(postgres.tokenVault.url, ['postgres', 'tokenVault', 'url'], {
          kind: 'postgresUrl',
          owners: ['token-vault'],
        }),
      },
    },
    nats: {
      servers: written.nats.servers,
      credentials: secrets.secret(written.nats.credentials, ['nats', 'credentials'], {
        kind: 'natsCredentials',
        owners: EVERY_SERVICE,
      }),
    },
    listen: written.listen,
  };
}

/** Issuer, audience and resource that are left out are the gateway's own by construction. */
function buildIncomingAuth(
  written: GatehouseYaml['incomingAuth'],
  resourceUrl: string,
  authServer: AuthServer<unknown> | undefined,
): IncomingAuth {
  if (written?.type === 'anonymous') return { type: 'anonymous' };
  const { oidc } = written ?? {};
  const issuer = oidc?.issuer ?? authServer?.issuer ?? '';
  // The gateway's own issuer is no stranger: inside a cluster its name often resolves to a private address.
  const allowPrivateIps = (oidc?.allowPrivateIps ?? false) || authServer !== undefined;
  const insecureAllowHttp = (oidc?.insecureAllowHttp ?? false) || (authServer?.insecureAllowHttp ?? false);
  return {
    type: 'oidc',
    oidc: {
      issuer,
      audience: oidc?.audience ?? resourceUrl,
      resourceUrl: oidc?.resourceUrl ?? resourceUrl,
      scopes: oidc?.scopes ?? ['openid'],
      ...given('jwksUrl', oidc?.jwksUrl),
      ...egressRules({ allowPrivateIps, insecureAllowHttp }, issuer, oidc?.jwksUrl),
    },
  };
}
