import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto';

/** A task as its backend knows it, and what has to be known of it to follow it. */
export interface TaskPlace {
  /** In which form: tasks of MCP 2025-11-25, or the extension of 2026-07-28. */
  readonly era: 'legacy' | 'modern';
  readonly backend: string;
  /** The backend's own name of the tool whose call made it: who may not call that may not follow it either. */
  readonly tool: string;
  /** The backend's own. */
  readonly taskId: string;
  /** The backend session in which it was made: many servers keep tasks for one session. */
  readonly sessionId?: string | undefined;
  /** The account in whose name that session was begun. */
  readonly account?: string | undefined;
}

export interface TaskKey {
  readonly period: number;
  /** 32 random bytes. */
  readonly secret: Buffer;
}

const MARK = 'ght2';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PURPOSE = 'gatehouse task';
const MAX_PLACE_BYTES = 1_024;
/** Of an id: base64url of the above, and the little around it. */
const MAX_ID_CHARACTERS = 1_536;
const SHAPE = /^ght2\.([0-9a-z]{1,8})\.([A-Za-z0-9_-]+)$/;

/**
 * The id of a task as clients know it: its place, sealed for one requestor with AES-256-GCM (NIST SP 800-38D). The nonce comes from
 * what is sealed, so that a task has one id however often it is sealed, and equal nonces mean equal texts.
 * @param requestor {@link requestorKey}
 * @returns `undefined` for names that are too long for an id.
 */
export function sealTask(
  place: TaskPlace,
  requestor: string,
  { period, secret }: TaskKey,
): string | undefined {
  const { era, backend, tool, taskId, sessionId, account } = place;
  const session = sessionId === undefined ? [] : [sessionId, ...(account === undefined ? [] : [account])];
  const text = JSON.stringify([era, backend, tool, taskId, ...session]);
  if (Buffer.byteLength(text) > MAX_PLACE_BYTES) return undefined;
  const bound = boundTo(requestor, period);
  const nonce = createHmac('sha256', derived(secret, 'nonce'))
    .update(JSON.stringify([bound, text]))
    .digest()
    .subarray(0, NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, derived(secret, 'seal'), nonce, {
    authTagLength: TAG_BYTES,
  }).setAAD(Buffer.from(bound));
  const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${MARK}.${period.toString(36)}.${sealed.toString('base64url')}`;
}

/** Under which key an id says that it was sealed. */
export function periodOf(id: string): number | undefined {
  const [, period] = id.length > MAX_ID_CHARACTERS ? [] : (SHAPE.exec(id) ?? []);
  return period === undefined ? undefined : Number.parseInt(period, 36);
}

/** @returns `undefined` for what was not sealed for this requestor: another one's, or one that somebody made up. */
export function openTask(id: string, requestor: string, { period, secret }: TaskKey): TaskPlace | undefined {
  const [, written, encoded = ''] = SHAPE.exec(id) ?? [];
  const sealed = Buffer.from(encoded, 'base64url');
  const tagAt = sealed.length - TAG_BYTES;
  // Two spellings of the same bytes would be two ids of one task.
  if (written !== period.toString(36) || tagAt < NONCE_BYTES || sealed.toString('base64url') !== encoded)
    return undefined;
  const decipher = createDecipheriv(ALGORITHM, derived(secret, 'seal'), sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(Buffer.from(boundTo(requestor, period)))
    .setAuthTag(sealed.subarray(tagAt));
  let text: string;
  try {
    text = decipher.update(sealed.subarray(NONCE_BYTES, tagAt), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
  // What opens was sealed above.
  const [era, backend, tool, taskId, sessionId, account] = JSON.parse(text) as [
    TaskPlace['era'],
    string,
    string,
    string,
    string?,
    string?,
  ];
  return {
    era,
    backend,
    tool,
    taskId,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(account === undefined ? {} : { account }),
  };
}

const boundTo = (requestor: string, period: number): string =>
  JSON.stringify([PURPOSE, MARK, requestor, period]);

const derived = (secret: Buffer, use: 'nonce' | 'seal'): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `${PURPOSE} ${use}`, KEY_BYTES));
