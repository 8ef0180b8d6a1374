import type { Row } from './row.fixture.js';

const SIGNING_KEYS = 'authServer.signingKeys';
const HELD_KEY = { pkcs11: 'pkcs11:token=gatehouse;object=signing' };
const PKCS11 = { module: '/usr/lib/softhsm/libsofthsm2.so', pin: { env: 'API_KEY' } };
const KMS_KEY = { awsKms: 'arn:aws:kms:eu-central-1:111122223333:alias/gatehouse' };
const KMS = { accessKeyId: { env: 'API_KEY' }, secretAccessKey: { env: 'API_KEY' } };
const heldKeys = (keys: readonly object[], keyHolders: object) => ({
  [SIGNING_KEYS]: keys,
  'authServer.keyHolders': keyHolders,
});

/** Signing keys that somebody else holds. */
export const HELD_KEY_ROWS: readonly Row[] = [
  [
    'a held key without its holder',
    { [SIGNING_KEYS]: [HELD_KEY] },
    `${SIGNING_KEYS}[0].pkcs11`,
    /keyHolders/,
  ],
  ['a key of KMS without it', heldKeys([HELD_KEY, KMS_KEY], { pkcs11: PKCS11 }), `${SIGNING_KEYS}[1].awsKms`],
  [
    'a held key twice',
    heldKeys([HELD_KEY, HELD_KEY], { pkcs11: PKCS11 }),
    `${SIGNING_KEYS}[1].pkcs11`,
    /twice/,
  ],
  [
    'a holder of no key',
    heldKeys([HELD_KEY], { pkcs11: PKCS11, awsKms: KMS }),
    'authServer.keyHolders.awsKms',
    /No key/,
  ],
  [
    'a library that depends on the working folder',
    heldKeys([HELD_KEY], { pkcs11: { ...PKCS11, module: 'libsofthsm2.so' } }),
    'authServer.keyHolders.pkcs11.module',
    /whole path/,
  ],
  [
    'a signature that is waited for all day',
    heldKeys([HELD_KEY], { pkcs11: { ...PKCS11, timeout: '5m' } }),
    'authServer.keyHolders.pkcs11.timeout',
  ],
  [
    'KMS over http',
    heldKeys([KMS_KEY], { awsKms: { ...KMS, endpoint: 'http://kms.acme.example' } }),
    'authServer.keyHolders.awsKms.endpoint',
    /http is refused/,
  ],
];
