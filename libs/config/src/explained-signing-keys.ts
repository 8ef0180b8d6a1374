import type { AuthServer } from './model/auth-server.js';
import type { ConfiguredSecret } from './model/configured-secret.js';

/** Secrets by which tokens are signed: keys, and what their holders are shown. */
export function explainedSigningKeys(
  authServer: Pick<AuthServer<ConfiguredSecret>, 'signingKeys' | 'keyHolders'> | undefined,
): readonly (readonly [path: string, secret: ConfiguredSecret | undefined])[] {
  if (authServer === undefined) return [];
  const { signingKeys, keyHolders } = authServer;
  const { pkcs11, awsKms } = keyHolders;
  return [
    ...signingKeys.map(
      (key, index) => [`authServer.signingKeys[${index}]`, 'holder' in key ? undefined : key] as const,
    ),
    ['authServer.keyHolders.pkcs11.pin', pkcs11?.pin],
    ['authServer.keyHolders.awsKms.accessKeyId', awsKms?.accessKeyId],
    ['authServer.keyHolders.awsKms.secretAccessKey', awsKms?.secretAccessKey],
    ['authServer.keyHolders.awsKms.sessionToken', awsKms?.sessionToken],
  ];
}
