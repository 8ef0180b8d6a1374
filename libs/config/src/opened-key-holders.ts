import type { Secret } from '@gatehouse/kernel/secret';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { GatehouseModel } from './model/gatehouse-model.js';
import type { AwsKms, KeyHolders } from './model/held-keys.js';
import { openedParty } from './opened-egress.js';

export const openedKeyHolders = (
  { pkcs11, awsKms }: KeyHolders<ConfiguredSecret>,
  model: Pick<GatehouseModel, 'wayOut'>,
): KeyHolders<Secret> => ({
  ...(pkcs11 === undefined ? {} : { pkcs11: { ...pkcs11, pin: pkcs11.pin.secret } }),
  ...(awsKms === undefined ? {} : { awsKms: openedKms(awsKms, model) }),
});

function openedKms(awsKms: AwsKms<ConfiguredSecret>, model: Pick<GatehouseModel, 'wayOut'>): AwsKms<Secret> {
  const { accessKeyId, secretAccessKey, sessionToken, ...rest } = openedParty(awsKms, model);
  return {
    ...rest,
    accessKeyId: accessKeyId.secret,
    secretAccessKey: secretAccessKey.secret,
    ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.secret }),
  };
}
