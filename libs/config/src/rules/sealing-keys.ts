import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { KeyEncryptionKey } from '../model/key-encryption-key.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';
import { sameSecret } from './same-secret.js';

/** Each service that seals has its own key: an attacker who takes one service must not read the other's rows. */
export const sealingKeys: Rule = ({ authServer, vault }) => [
  ...(vault.keyEncryptionKeys.length > 0 ? [] : [{ path: ['vault', 'keyEncryptionKeys'], ...NEEDS_A_KEY }]),
  ...(authServer === undefined || authServer.keyEncryptionKeys.length > 0
    ? []
    : [{ path: ['authServer', 'keyEncryptionKeys'], ...NEEDS_A_KEY }]),
  ...(authServer === undefined || vault.requestKeys.length > 0
    ? []
    : [
        {
          path: ['vault', 'requestKeys'],
          message: 'At least one key is needed: the vault takes no request that is not proven.',
          instead: "[{ id: '1', file: /run/secrets/vault-request-key }]",
        },
      ]),
  ...vault.requestKeys.flatMap((own, index) =>
    [...vault.keyEncryptionKeys, ...(authServer?.keyEncryptionKeys ?? [])].some((other) =>
      sameKey(own, other),
    )
      ? [
          {
            path: ['vault', 'requestKeys', index],
            message: 'This key also seals stored values: what proves requests has to be a key of its own.',
          },
        ]
      : [],
  ),
  ...(authServer?.keyEncryptionKeys ?? []).flatMap((own, index) =>
    vault.keyEncryptionKeys.some((other) => sameKey(own, other))
      ? [
          {
            path: ['authServer', 'keyEncryptionKeys', index],
            message: 'This key is also a key of the token vault: each service needs keys of its own.',
          },
        ]
      : [],
  ),
  ...ofTwoNames(vault.keyEncryptionKeys, ['vault', 'keyEncryptionKeys']),
  ...ofTwoNames(authServer?.keyEncryptionKeys ?? [], ['authServer', 'keyEncryptionKeys']),
];

/** Nothing is sealed anew by giving an old key another id. */
const ofTwoNames = (keys: readonly KeyEncryptionKey<ConfiguredSecret>[], place: Path): readonly Finding[] =>
  keys.flatMap((own, index) => {
    const first = keys.findIndex(
      (other) => other.id.toLowerCase() !== own.id.toLowerCase() && sameKey(own, other),
    );
    return first === -1 || first > index
      ? []
      : [
          {
            path: [...place, index],
            related: [[...place, first]],
            message: `This is the key ${keys[first]?.id ?? ''} once more: a new id needs a new key.`,
          },
        ];
  });

const NEEDS_A_KEY = {
  message: 'At least one key is needed: nothing is stored unsealed.',
  instead: "[{ id: '1', file: /run/secrets/kek }]",
};

/** Values are comparable only where both were read, that is, when all parts are checked in one place. */
const sameKey = (
  left: KeyEncryptionKey<ConfiguredSecret>,
  right: KeyEncryptionKey<ConfiguredSecret>,
): boolean => sameSecret(left.key, right.key);
