import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** Passes on what comes, and tells how much it was and its digest. */
export function measuring(): {
  readonly stream: Transform;
  readonly read: () => { bytes: number; sha256: string };
} {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, read: () => ({ bytes, sha256: hash.digest('base64url') }) };
}
