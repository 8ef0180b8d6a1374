import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { EndpointClient } from '../model/endpoint-client.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';

/** Entra knows a key by its certificate, and takes RSA alone. */
export function certificateFindings(
  { clientKey, clientCertificate }: Pick<EndpointClient<ConfiguredSecret>, 'clientKey' | 'clientCertificate'>,
  path: Path,
): readonly Finding[] {
  if (clientKey === undefined && clientCertificate === undefined) return [];
  if (clientCertificate === undefined)
    return [
      {
        path: [...path, 'clientKey'],
        message: 'A clientKey needs the clientCertificate that Entra knows it by.',
      },
    ];
  if (clientKey === undefined)
    return [
      {
        path: [...path, 'clientCertificate'],
        message: 'clientCertificate has no effect without the clientKey that it is of.',
      },
    ];
  if (!clientKey.resolved || !clientCertificate.resolved) return [];
  const key = createPrivateKey(clientKey.secret.reveal());
  if (key.asymmetricKeyType !== 'rsa')
    return [{ path: [...path, 'clientKey'], message: 'Entra takes RSA keys alone.' }];
  return new X509Certificate(clientCertificate.secret.reveal()).checkPrivateKey(key)
    ? []
    : [
        {
          path: [...path, 'clientCertificate'],
          related: [[...path, 'clientKey']],
          message: 'This certificate is not of the clientKey: its first one has to be.',
        },
      ];
}
