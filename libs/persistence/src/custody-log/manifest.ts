import { equalsInConstantTime } from '@gatehouse/kernel/digest';
import { z } from 'zod';
import type { ChainHead } from './chain-walk.js';
import type { CustodyKey, CustodyKeyring } from './custody-key.js';

export const ARCHIVE_FORMAT = 'gatehouse-custody-archive/1';
/** What the first archive follows. */
export const ARCHIVES_START = 'start';

const instant = z.iso.datetime();
const digest = z.string().min(1).max(100);

const segment = z.strictObject({
  replicaId: z.uuid(),
  first: z.int().positive(),
  last: z.int().positive(),
  previousHash: digest,
  hash: digest,
});

const manifestBody = z.strictObject({
  format: z.literal(ARCHIVE_FORMAT),
  /** From 1, without gaps. */
  number: z.int().positive(),
  /** The MAC of the archive before. */
  previous: digest,
  partition: z.string().regex(/^[a-z0-9_]{1,63}$/),
  /** The entries' times: from this, up to and without that; null: from the beginning. */
  from: instant.nullable(),
  to: instant,
  file: z.string().regex(/^[a-z0-9_]{1,63}\.jsonl\.gz$/),
  /** Of the file as it lies there. */
  bytes: z.int().nonnegative(),
  sha256: digest,
  /** The digest of the uncompressed lines, which does not depend on the compression. */
  linesSha256: digest,
  entries: z.int().nonnegative(),
  chains: z.array(segment),
  keyId: z.string().min(1),
});
const manifest = manifestBody.extend({ mac: digest });

export type ManifestBody = Readonly<z.output<typeof manifestBody>>;
/** What an archived partition is: the names and digests of everything in it, under a MAC. */
export type Manifest = Readonly<z.output<typeof manifest>>;

/** One member a line, always in the same order. The MAC covers this text without its last member. */
export const writeManifest = (written: Manifest): string =>
  `${JSON.stringify(ordered(written), undefined, 1)}\n`;

export const signManifest = (body: Omit<ManifestBody, 'keyId'>, key: CustodyKey): Manifest => {
  const whole = { ...body, keyId: key.id };
  return { ...whole, mac: key.macOf(JSON.stringify(ordered(whole))) };
};

export type ReadManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problem: 'not_a_manifest' | 'unknown_key' | 'altered' };

/** Never throws. */
export function readManifest(text: string, keys: CustodyKeyring): ReadManifest {
  const parsed = manifest.safeParse(parseJson(text));
  if (!parsed.success) return { ok: false, problem: 'not_a_manifest' };
  const { mac, ...body } = parsed.data;
  const key = keys.find(body.keyId);
  if (key === undefined) return { ok: false, problem: 'unknown_key' };
  return equalsInConstantTime(key.macOf(JSON.stringify(ordered(body))), mac)
    ? { ok: true, manifest: parsed.data }
    : { ok: false, problem: 'altered' };
}

/** Where the chains go on after these archives, which come in order. */
export function headsAfter(manifests: readonly Manifest[]): Map<string, ChainHead> {
  const heads = new Map<string, ChainHead>();
  for (const { chains } of manifests)
    for (const { replicaId, last, hash } of chains) heads.set(replicaId, { sequence: last, hash });
  return heads;
}

const MEMBERS = [
  'format',
  'number',
  'previous',
  'partition',
  'from',
  'to',
  'file',
  'bytes',
  'sha256',
  'linesSha256',
  'entries',
  'chains',
  'keyId',
  'mac',
] as const satisfies readonly (keyof Manifest)[];

/** The order is fixed, so that equal manifests are equal texts. */
const ordered = (body: ManifestBody & { readonly mac?: string }): Record<string, unknown> =>
  Object.fromEntries(
    MEMBERS.filter((name) => body[name] !== undefined).map((name) => [
      name,
      name === 'chains'
        ? body.chains.map(({ replicaId, first, last, previousHash, hash }) => ({
            replicaId,
            first,
            last,
            previousHash,
            hash,
          }))
        : body[name],
    ]),
  );

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
