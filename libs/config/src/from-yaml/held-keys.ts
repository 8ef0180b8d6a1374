import type { Service } from '@gatehouse/kernel/services';
import type { Path } from '../findings/path.js';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import { KMS_KEY_ARN, readPkcs11Uri, type HeldKey, type KeyHolders } from '../model/held-keys.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import { partyEgress } from './party-egress.js';
import { given, milliseconds } from './written-values.js';

type Written = NonNullable<GatehouseYaml['authServer']>;

const OWNERS: readonly Service[] = ['authorization-server'];
const AT: Path = ['authServer', 'keyHolders'];

/** In the order that was written: the first signs. */
export const buildSigningKeys = (
  written: Written['signingKeys'],
  secrets: SecretResolver,
): readonly (ConfiguredSecret | HeldKey)[] =>
  written.map(({ pkcs11, awsKms, ...reference }, index) => {
    if (pkcs11 !== undefined) {
      const key = readPkcs11Uri(pkcs11);
      // One that cannot be read is reported with the format of its field.
      return { holder: 'pkcs11', name: pkcs11, key: typeof key === 'string' ? {} : key };
    }
    if (awsKms !== undefined)
      return { holder: 'awsKms', name: awsKms, region: KMS_KEY_ARN.exec(awsKms)?.groups?.['region'] ?? '' };
    return secrets.secret(reference, ['authServer', 'signingKeys', index], {
      kind: 'signingKey',
      owners: OWNERS,
    });
  });

export function buildKeyHolders(
  { pkcs11, awsKms }: Written['keyHolders'],
  secrets: SecretResolver,
): KeyHolders<ConfiguredSecret> {
  const secret = (name: 'accessKeyId' | 'secretAccessKey' | 'sessionToken') => {
    const reference = awsKms?.[name];
    return (
      reference &&
      secrets.secret(reference, [...AT, 'awsKms', name], { kind: 'clientSecret', owners: OWNERS })
    );
  };
  const [accessKeyId, secretAccessKey] = [secret('accessKeyId'), secret('secretAccessKey')];
  return {
    ...given(
      'pkcs11',
      pkcs11 && {
        module: pkcs11.module,
        pin: secrets.secret(pkcs11.pin, [...AT, 'pkcs11', 'pin'], { kind: 'clientSecret', owners: OWNERS }),
        environment: pkcs11.environment,
        timeoutMs: milliseconds(pkcs11.timeout),
      },
    ),
    ...(awsKms === undefined || accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          awsKms: {
            ...given('endpoint', awsKms.endpoint),
            accessKeyId,
            secretAccessKey,
            ...given('sessionToken', secret('sessionToken')),
            timeoutMs: milliseconds(awsKms.timeout),
            ...partyEgress(
              awsKms,
              { path: [...AT, 'awsKms'], owner: 'authorization-server', secrets },
              awsKms.endpoint,
            ),
          },
        }),
  };
}
