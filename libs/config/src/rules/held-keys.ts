import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { DURATION_BOUNDS } from '../model/bounds.js';
import type { Rule } from './rule.js';
import { within } from './time-bounds.js';

const KEYS: Path = ['authServer', 'signingKeys'];
const HOLDERS: Path = ['authServer', 'keyHolders'];

/** A key that is held elsewhere needs its holder, and a holder without a key would be waited for in vain. */
export const heldKeys: Rule = ({ authServer }) => {
  if (authServer === undefined) return [];
  const { signingKeys, keyHolders } = authServer;
  const named = signingKeys.map((key) => ('holder' in key ? key : undefined));
  const findings: Finding[] = named.flatMap((key, index) => {
    if (key === undefined) return [];
    const place = [...KEYS, index, key.holder];
    if (keyHolders[key.holder] === undefined)
      return [
        {
          path: place,
          related: [[...HOLDERS, key.holder]],
          message: `Nothing says how the key is reached: write keyHolders.${key.holder}.`,
        },
      ];
    const first = named.findIndex((other) => other?.name === key.name);
    return first < index
      ? [{ path: place, related: [[...KEYS, first, key.holder]], message: 'This key is named twice.' }]
      : [];
  });
  const unused = (['pkcs11', 'awsKms'] as const).filter(
    (holder) => keyHolders[holder] !== undefined && !named.some((key) => key?.holder === holder),
  );
  return [
    ...findings,
    ...unused.map((holder) => ({
      path: [...HOLDERS, holder],
      related: [KEYS],
      message: `No key of signingKeys is held there: write { ${holder}: … } there, or leave this out.`,
    })),
    ...(['pkcs11', 'awsKms'] as const).flatMap((holder) => {
      const written = keyHolders[holder];
      return written === undefined
        ? []
        : within([...HOLDERS, holder, 'timeout'], written.timeoutMs, DURATION_BOUNDS.providerRequest);
    }),
    ...(keyHolders.pkcs11 !== undefined && !keyHolders.pkcs11.module.startsWith('/')
      ? [{ path: [...HOLDERS, 'pkcs11', 'module'], message: 'Write the whole path of the library.' }]
      : []),
  ];
};
