import { requestTimeout } from './endpoint-client-fields.js';
import { block, egress, mapOf, secret, text } from './fields.js';

const VARIABLE = { name: 'variable', format: 'environmentName' } as const;

/** How signing keys are reached that are held elsewhere (`docs/guides/held-keys.md`). */
export const keyHolders = block('How signing keys are reached that are held elsewhere.', {
  pkcs11: block('A hardware security module, or whatever else has a PKCS #11 library.', {
    module: text('filePath', 'The library, such as `/usr/lib/softhsm/libsofthsm2.so`; the whole path.'),
    pin: secret('PIN of the user, the same for each token that keys are named of.'),
    environment: mapOf(
      VARIABLE,
      text('argument', 'Value.'),
      'Variables of the process that loads the library. It has no others.',
    ).default({}),
    timeout: requestTimeout('signature'),
  }).exactOptional(),
  awsKms: block('AWS KMS, or a service that speaks as it does.', {
    endpoint: text('url', 'Where it is asked.', {
      derived: 'that of the key’s region: `https://kms.<region>.amazonaws.com`',
    }).exactOptional(),
    accessKeyId: secret('Id of an access key that may do `kms:Sign` and `kms:GetPublicKey`.'),
    secretAccessKey: secret('Its secret.'),
    sessionToken: secret('Of temporary credentials.').exactOptional(),
    timeout: requestTimeout('request'),
    ...egress,
  }).exactOptional(),
});
