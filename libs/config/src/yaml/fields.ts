import { z } from 'zod';
import { hasFormat, keysHaveFormat, namesOneKey, namesOnePlace } from './checks.js';
import type { Format } from './formats.js';

/** What a field's zod type does not say: for messages and for the generated documentation. */
export interface FieldFacts {
  /** One or two sentences for the documentation. */
  readonly about?: string;
  readonly format?: Format;
  /** A reference to a secret; its value is never printed. */
  readonly secret?: true;
  /** What the field is derived from when it is left out. */
  readonly derived?: string;
  /** Other accepted spellings of a choice, by alias. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** What people write by mistake, in small letters: of a choice, what to write instead; of a block, where the field belongs. */
  readonly mistakes?: Readonly<Record<string, string>>;
  /** Choices of the seed system that are refused by name. */
  readonly refused?: readonly string[];
  /** The block that each value of `type` needs; the other blocks must be absent. */
  readonly blocks?: Readonly<Record<string, string | undefined>>;
  /** Of a whole number that may be a word instead. */
  readonly countOr?: { readonly word: string; readonly min: number; readonly max: number };
  /** A word that may stand where a flag does. */
  readonly flagOr?: string;
  /** Name of a map's keys in the documentation, and their format. */
  readonly key?: { readonly name: string; readonly format: Format };
}

export const facts = z.registry<FieldFacts>();

export const text = (format: Format, about: string, more: Omit<FieldFacts, 'about' | 'format'> = {}) =>
  z
    .string()
    .check(hasFormat(format))
    .register(facts, { about, format, ...more });

export const list = <T extends z.ZodType>(element: T, about: string, more: FieldFacts = {}) =>
  z.array(element).register(facts, { about, ...more });

/** A list with a check of its own, which sees its elements whatever else is wrong with them. */
export const checkedList = <T extends z.ZodType>(
  element: T,
  about: string,
  check: ReturnType<typeof z.superRefine<readonly unknown[]>>,
) => z.array(element).check(check).register(facts, { about });

export const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  about: string,
  more: Omit<FieldFacts, 'about'> = {},
) => z.enum(values).register(facts, { about, ...more });

export const flag = (about: string, fallback = false) =>
  z.boolean().register(facts, { about }).default(fallback);

/** A flag that says nothing when it is left out. */
export const ownFlag = (about: string, derived: string) =>
  z.boolean().register(facts, { about, derived }).exactOptional();

/** A whole number within bounds. */
export const count = (
  about: string,
  { min, max }: { readonly min: number; readonly max: number },
  more: Pick<FieldFacts, 'derived'> = {},
) =>
  z
    .int()
    .min(min)
    .max(max)
    .register(facts, { about, ...more });

/** The same, or a word for a number that is found out. */
export function countOr<const Word extends string>(
  word: Word,
  about: string,
  { min, max }: { readonly min: number; readonly max: number },
) {
  const schema = z.union([z.literal(word), z.int().min(min).max(max)]);
  facts.add<z.ZodType>(schema, { about, countOr: { word, min, max } });
  return schema;
}

/** True, false, or a word. */
export function flagOr<const Word extends string>(word: Word, about: string) {
  const schema = z.union([z.literal(word), z.boolean()]);
  facts.add<z.ZodType>(schema, { about, flagOr: word });
  return schema;
}

export const block = <T extends z.ZodRawShape>(about: string, shape: T, more: FieldFacts = {}) =>
  z.strictObject(shape).register(facts, { about, ...more });

type BlockCheck = ReturnType<typeof z.superRefine<object>>;

/** A block with checks of its own, which see the block as it was written. */
export const checkedBlock = <T extends z.ZodRawShape>(
  about: string,
  shape: T,
  check: BlockCheck | readonly BlockCheck[],
  more: FieldFacts = {},
) =>
  z
    .strictObject(shape)
    .check(...[check].flat())
    .register(facts, { about, ...more });

export const mapOf = <T extends z.ZodType>(
  key: NonNullable<FieldFacts['key']>,
  value: T,
  about: string,
  more: FieldFacts = {},
) =>
  z
    .record(z.string(), value)
    .check(keysHaveFormat(key.format))
    .register(facts, { about, key, ...more });

const referenceShape = {
  env: text('environmentName', 'Name of an environment variable that holds the value.').exactOptional(),
  file: text(
    'filePath',
    'File that holds the value; a relative path starts at the folder of the configuration.',
  ).exactOptional(),
  secretRef: block('Key of a mounted secret: the file `<SECRETS_DIR>/<name>/<key>`.', {
    name: text('secretPathPart', 'Name of the mounted secret.'),
    key: text('secretPathPart', 'Key inside it.'),
  }).exactOptional(),
};

/** `{env}`, `{file}` or `{secretRef}`; a secret is never written in plain text. */
export const secret = (about: string) =>
  z.strictObject(referenceShape).check(namesOnePlace).register(facts, { about, secret: true });

/** A key with an id beside its reference: `{ id: '2026-11', file: /run/secrets/kek }`. */
export const keyEncryptionKeys = (about: string) =>
  list(
    z
      .strictObject({
        id: text(
          'keyId',
          'Id of the key, unique in the list; it is written beside everything that the key seals.',
        ),
        ...referenceShape,
      })
      .check(namesOnePlace)
      .register(facts, { secret: true }),
    about,
  );

/** A private key, or the name of one that somebody else holds and signs with. */
export const signingKey = (about: string) =>
  z
    .strictObject({
      ...referenceShape,
      pkcs11: text(
        'pkcs11Uri',
        'Instead: a key in the token of `keyHolders.pkcs11`, as a PKCS #11 URI (RFC 7512) with `object` or `id`, and `token` where the module has several.',
      ).exactOptional(),
      awsKms: text(
        'kmsKeyArn',
        'Instead: the ARN of a key of AWS KMS (or of its alias) for `SIGN_VERIFY`, asked as `keyHolders.awsKms` says.',
      ).exactOptional(),
    })
    .check(namesOneKey)
    .register(facts, { about, secret: true });

/** What people write for a secret. Exactly one of the three is set. */
export type WrittenReference = z.output<ReturnType<typeof secret>>;

export const egress = {
  allowPrivateIps: flag(
    'Requests may go to private and loopback addresses; link-local, metadata and reserved ones stay refused. True without being written when all URLs beside it are on localhost.',
  ),
  insecureAllowHttp: flag(
    '`http:` URLs are accepted. True without being written when all URLs beside it are on localhost.',
  ),
  caBundle: secret(
    'Certificates (PEM) of a private authority, usually `{ file: … }`. They are trusted here instead of the system’s.',
  ).exactOptional(),
};
