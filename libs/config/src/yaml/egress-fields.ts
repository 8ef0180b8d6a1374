import { block, flag, list, secret, text } from './fields.js';

export const DEFAULT_NO_PROXY: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/** One way for all requests that leave. What may be reached at all is said beside each URL. */
export const egressWays = block(
  'How requests leave the network: to providers, token exchange endpoints, backends, an external issuer, and the hosts of clients’ metadata documents.',
  {
    proxy: block(
      'An HTTP proxy, where only one leads out. The address rules hold as without it (`docs/adr/0022-the-way-out.md`).',
      {
        url: text(
          'proxyUrl',
          'Its origin, for https and http requests alike: `http://proxy.example.org:3128`.',
          {
            derived: '`HTTPS_PROXY` and `HTTP_PROXY` of the environment, in capitals or not',
          },
        ).exactOptional(),
        credentials: secret('`user:password` for the proxy (Basic).').exactOptional(),
        caBundle: secret(
          'Certificates (PEM) that are trusted for a proxy over https, instead of the system’s.',
        ).exactOptional(),
        noProxy: list(
          text('noProxyEntry', '`example.org` with every host below it, an address, a network, or `*`.'),
          'Hosts that are reached directly, as curl reads `NO_PROXY`.',
          { derived: `\`NO_PROXY\` of the environment, else ${DEFAULT_NO_PROXY.join(', ')}` },
        ).exactOptional(),
        refusesPrivateAddresses: flag(
          'The proxy itself refuses private addresses. Then it is also asked for hosts that strangers chose (clients’ metadata documents) and whose names only the proxy can resolve.',
        ),
      },
    ).prefault({}),
  },
);
