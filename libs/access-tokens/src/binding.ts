import { z } from 'zod';

/** What a token is bound to (RFC 7800, section 3.1): whoever shows it has to show that they hold this. */
export type Binding =
  | { readonly to: 'nothing' }
  /** Thumbprint of a key (RFC 9449, section 6.1), or of a certificate (RFC 8705, section 3.1). */
  | { readonly to: 'key' | 'certificate'; readonly thumbprint: string }
  /** By means that nobody looks at here, or by several: whoever stole such a token could use it. */
  | { readonly to: 'unknown' };

const thumbprint = z.string().min(1);
const toKey = z.strictObject({ jkt: thumbprint });
const toCertificate = z.strictObject({ 'x5t#S256': thumbprint });

/** @param cnf the claim */
export function bindingIn(cnf: unknown): Binding {
  if (cnf === undefined) return { to: 'nothing' };
  const key = toKey.safeParse(cnf);
  if (key.success) return { to: 'key', thumbprint: key.data.jkt };
  const certificate = toCertificate.safeParse(cnf);
  if (certificate.success) return { to: 'certificate', thumbprint: certificate.data['x5t#S256'] };
  return { to: 'unknown' };
}
