import { ADMINISTRATION_SCOPE } from '../model/administration.js';
import { administrators } from './access-fields.js';
import { host, port } from './address-fields.js';
import { block, text } from './fields.js';

export const administration = block(
  `An API for administrators, on a listener of its own (\`docs/administration.md\`). It lists and ends accounts, sessions, connections and clients, and exports an account. A client with \`clientCredentials\` for \`url\` and the scope \`${ADMINISTRATION_SCOPE}\` may call it, and people whom \`access\` permits. Left out: there is none.`,
  {
    host: host(
      'Address to listen on. It speaks plain HTTP: on another machine, a proxy with TLS stands in front.',
    ),
    // Of a port that is not known before, no `url` could be made.
    port: port({ about: 'TCP port.' }, 1),
    url: text(
      'url',
      'Where administrators reach it: scheme, host and port. Tokens name it as their audience, and requests as their `Host`.',
      { derived: '`http://localhost:<port>`' },
    ).exactOptional(),
    access: administrators.exactOptional(),
  },
);
