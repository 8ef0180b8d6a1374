import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { McpSession } from '../mcp-sessions/mcp-session.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PURPOSE = 'gatehouse stream of an MCP session';

type Whose = Pick<McpSession, 'id' | 'digest'>;

/**
 * Seals what belongs to one stream of one session: AES-256-GCM (NIST SP 800-38D) under a key from HKDF-SHA-256 (RFC 5869). The
 * secret is the session's id, 256 random bits.
 */
export function sealForSession(session: Whose, stream: string, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, keyOf(session, stream), nonce, {
    authTagLength: TAG_BYTES,
  }).setAAD(boundTo(session, stream));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  );
}

/** @returns `undefined` for what was not sealed for this very stream of this very session. */
export function openForSession(session: Whose, stream: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  const tagAt = bytes.length - TAG_BYTES;
  if (tagAt < NONCE_BYTES) return undefined;
  try {
    const decipher = createDecipheriv(ALGORITHM, keyOf(session, stream), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(boundTo(session, stream))
      .setAuthTag(bytes.subarray(tagAt));
    return decipher.update(bytes.subarray(NONCE_BYTES, tagAt), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

const keyOf = ({ id }: Whose, stream: string): Buffer =>
  Buffer.from(hkdfSync('sha256', id, stream, PURPOSE, KEY_BYTES));

const boundTo = ({ digest }: Whose, stream: string): Buffer =>
  Buffer.from(JSON.stringify([PURPOSE, digest, stream]));
