import type { Secret } from '@gatehouse/kernel/secret';
import type { ConfiguredSecret } from './model/configured-secret.js';
import type { CertificateHeader, RequestProtection } from './model/request-protection.js';

export function openedProtection({
  mtls,
  ...protection
}: RequestProtection<ConfiguredSecret>): RequestProtection<Secret> {
  if (mtls === undefined) return protection;
  const { certificateAuthorities, ...rules } = mtls;
  return {
    ...protection,
    mtls: {
      ...rules,
      ...(certificateAuthorities === undefined
        ? {}
        : { certificateAuthorities: certificateAuthorities.secret }),
    },
  };
}

/** What the proxy needs of it: which authority issued a certificate is nothing that a token says. */
export function certificateHeader({ mtls }: RequestProtection<ConfiguredSecret>): {
  readonly mtls?: CertificateHeader;
} {
  return mtls === undefined ? {} : { mtls: { header: mtls.header, encoding: mtls.encoding } };
}
