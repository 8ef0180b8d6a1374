import { hkdfSync } from 'node:crypto';
import { Secret } from '@gatehouse/kernel/secret';

/** Cookies and forms are authenticated with these. All replicas share them, so that none signs another's people out. */
export class CookieKeys {
  constructor(private readonly root: Secret) {}

  /** A key for one purpose, so that a MAC made for one use means nothing in another (HKDF, RFC 5869). */
  derive(purpose: string): Secret {
    return new Secret(
      Buffer.from(hkdfSync('sha256', this.root.reveal(), '', purpose, 32)).toString('base64url'),
    );
  }
}
