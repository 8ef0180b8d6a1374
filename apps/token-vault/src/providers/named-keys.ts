import {
  compactVerify,
  decodeProtectedHeader,
  importJWK,
  type CompactJWSHeaderParameters,
  type JWK,
} from 'jose';

/**
 * The keys of a provider, so that the one that signed this id_token has the name that it gives. `kid` is a hint (RFC 7515 section
 * 4.1.4), and there are providers whose hint is wrong: they keep the header of the first id_token with the grant, and after a change
 * of keys they sign with the new key under the old name.
 * @returns `undefined`: none of the keys signed it.
 */
export async function keysAsNamed(
  idToken: unknown,
  keys: readonly JWK[],
): Promise<readonly JWK[] | undefined> {
  if (typeof idToken !== 'string') return undefined;
  const header = headerOf(idToken);
  if (header === undefined) return undefined;
  const { alg, kid } = header;
  for (const key of keys.filter(({ kty, use }) => kty !== 'oct' && (use === undefined || use === 'sig')))
    if (await signed(idToken, key, alg)) return [{ ...key, ...(kid === undefined ? {} : { kid }) }];
  return undefined;
}

function headerOf(idToken: string): CompactJWSHeaderParameters | undefined {
  try {
    const { alg, ...rest } = decodeProtectedHeader(idToken);
    return alg === undefined ? undefined : { ...rest, alg };
  } catch {
    return undefined;
  }
}

/** Not so, too: a key of another kind than the algorithm needs. */
const signed = async (idToken: string, key: JWK, alg: string): Promise<boolean> =>
  await importJWK(key, alg)
    .then(async (imported) => await compactVerify(idToken, imported, { algorithms: [alg] }))
    .then(
      () => true,
      () => false,
    );
