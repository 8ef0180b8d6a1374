import type { IncomingMessage } from 'node:http';
import { isUtf8 } from 'node:buffer';

export const MOST_BODY_BYTES = 4_194_304;

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'not_utf8' }
  | { readonly kind: 'gone' };

/** Reads a request's body, never more of it than allowed. */
export async function readBody(request: IncomingMessage, maxBytes = MOST_BODY_BYTES): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return { kind: 'too_large' };
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) {
        request.pause();
        resolve({ kind: 'too_large' });
      } else chunks.push(chunk);
    });
    request.once('end', () => {
      const [only] = chunks;
      resolve(asText(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length)));
    });
    request.once('close', () => resolve({ kind: 'gone' }));
    request.once('error', () => resolve({ kind: 'gone' }));
  });
}

/** JSON between systems is UTF-8 (RFC 8259, section 8.1); replacement characters would change what the caller said. */
function asText(bytes: Buffer): Body {
  const text = bytes.toString();
  return text.includes('\ufffd') && !isUtf8(bytes) ? { kind: 'not_utf8' } : { kind: 'text', text };
}
