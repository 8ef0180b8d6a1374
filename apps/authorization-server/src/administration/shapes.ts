import { z } from 'zod';

/** What the administrator's API takes and answers. Requests and answers are held against these, and its document is made of them. */

const instant = z.iso.datetime();
const text = z.string();

/** In lower case, as every place that keeps one has it: most of them compare texts. */
export const accountId = z.uuid().toLowerCase().describe('Id of an account: the `sub` of its access tokens.');
export const sessionDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe(
    'SHA-256 of a session’s id, as `gatehouse sessions --json` shows it. The id itself is told to nobody.',
  );
export const clientId = z.string().min(1).max(2_048).describe('Id of a client.');
export const providerName = z
  .string()
  .min(1)
  .max(63)
  .describe('Name of a provider, or of a secret that people enter.');

const MAX_PAGE = 200;
const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(MAX_PAGE)
  .default(50)
  .describe('How many there are on a page at most.');

/** @param after what a page before this one said in `next` */
export const paged = <After extends z.ZodType>(after: After) => ({
  limit,
  after: after.optional().describe('`next` of the page before; left out: the first page.'),
});

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item).max(MAX_PAGE),
    next: text.nullable().describe('`after` of the next page; null: this is the last one.'),
  });

export const account = z.strictObject({
  account: accountId,
  name: text.nullable(),
  email: text.nullable(),
  createdAt: instant,
});

export const session = z.strictObject({
  session: sessionDigest,
  audited: text.describe('The same in base64url, as audit lines have it.'),
  account: accountId,
  client: z.strictObject({ id: text, name: text }),
  openedAt: instant,
  usedAt: instant,
  expiresAt: instant,
  closedAt: instant.nullable(),
  closeReason: text.nullable(),
});

export const connection = z.strictObject({
  provider: text,
  subject: text.describe('Who the person is there.'),
  name: text.nullable(),
  email: text.nullable(),
  scopes: z.array(text),
  state: z.enum(['live', 'reauth_required', 'ambiguous']),
  connectedAt: instant,
  refreshedAt: instant.nullable(),
});

export const client = z.strictObject({
  client: clientId,
  name: text.nullable(),
  kind: z
    .enum(['registered', 'configured', 'document', 'gone'])
    .describe('How the server knows it; `gone`: by its sessions and approvals alone.'),
  redirectUris: z.array(text),
  registeredAt: instant.nullable(),
  usedAt: instant.nullable(),
  sessions: z.int().describe('How many are open.'),
  people: z.int().describe('How many have approved it.'),
});

const written = text.nullable().describe('As in the configuration; null: that of `tokenLifespans`.');

/** What a client gets at most. */
export const limits = z.strictObject({
  from: z
    .enum(['configuration', 'administrator'])
    .nullable()
    .describe('Who has set them; null: there are none.'),
  resources: z.array(text).nullable().describe('null: every one.'),
  scopes: z.array(text).nullable().describe('null: every one.'),
  accessTokenLifespan: written,
  refreshTokenLifespan: written,
});

export const provider = z.strictObject({
  provider: text,
  state: z
    .enum(['working', 'unavailable', 'failing', 'unknown'])
    .describe(
      '`unavailable`: it does not answer, or says "not now". `failing`: somebody has to look into it. `unknown`: nobody has needed it yet.',
    ),
  since: instant.nullable().describe('Since when it works, or does not.'),
  answeredAt: instant.nullable().describe('When it answered last, to two seconds.'),
  failure: z
    .strictObject({
      at: instant,
      kind: text.describe('Which kind of failure, as in the vault’s log lines.'),
      status: z.int().nullable().describe('The HTTP status that came with it.'),
    })
    .nullable()
    .describe('The last one, also when it works again.'),
});

/** All that is kept of an account. No token, no secret, and no id that is as good as one. */
export const exported = z.strictObject({
  account,
  identities: z.array(
    z.strictObject({
      provider: text,
      subject: text,
      name: text.nullable(),
      email: text.nullable(),
      linkedAt: instant,
    }),
  ),
  approvals: z.array(z.strictObject({ client: text, approvedAt: instant })),
  sessions: z.array(session),
  connections: z.array(connection),
});

/** RFC 9457. */
export const problem = z.object({
  type: text,
  title: text,
  status: z.int(),
  detail: text,
  code: text.describe(
    'An error code (docs/reference/errors.md), or `not_found`, `conflict`, `method_not_allowed`.',
  ),
  reference: text.optional().describe('Finds the line in the log, of what failed here.'),
});
