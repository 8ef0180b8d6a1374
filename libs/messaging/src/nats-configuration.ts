import type { BusUser } from './bus-options.js';
import { type Account, accountsOf, type Export, type Import } from './nats-accounts.js';

export interface NatsConfigurationOptions {
  readonly gatewayName: string;
  readonly host: string;
  readonly port: number;
  /** Monitoring (`/healthz`), on loopback only: it shows who listens to what. Left out: none. */
  readonly monitorPort?: number;
  /** Left out: `nats-server` chooses. */
  readonly storeDirectory?: string;
}

/** A service answers a request once, within the longest time that a caller waits. */
const RESPONSES = '{ max: 1, expires: "60s" }';

/** The environment variable that gives the server the password of a user. */
export const passwordVariable = (user: BusUser): string =>
  `NATS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;

/**
 * A `nats-server` configuration with one account per service. It holds no password: those come from the environment of
 * the server. The system account and the default account have no user.
 */
export function natsConfiguration(options: NatsConfigurationOptions): string {
  const lines = [
    '# Generated from the contracts (libs/contracts). Do not edit: `gatehouse nats-configuration` writes it.',
    `listen: "${options.host}:${options.port}"`,
    ...(options.monitorPort === undefined ? [] : [`http: "127.0.0.1:${options.monitorPort}"`]),
    options.storeDirectory === undefined
      ? 'jetstream {}'
      : `jetstream { store_dir: ${JSON.stringify(options.storeDirectory)} }`,
    'max_payload: 1MB',
    'accounts {',
    ...accountsOf(options.gatewayName).flatMap(account),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

const account = (one: Account): readonly string[] => [
  `  "${one.name}" {`,
  ...(one.streams.length === 0 ? [] : [`    jetstream { max_streams: ${one.streams.length} }`]),
  '    users: [',
  '      {',
  `        user: "${one.user}", password: $${passwordVariable(one.user)}`,
  '        permissions: {',
  ...list('          publish: { allow: [', one.publish.map(quoted), '          ] }'),
  ...list('          subscribe: { allow: [', one.subscribe.map(quoted), '          ] }'),
  ...(one.answers ? [`          allow_responses: ${RESPONSES}`] : []),
  '        }',
  '      }',
  '    ]',
  ...(one.exports.length === 0 ? [] : list('    exports: [', one.exports.map(exportLine), '    ]')),
  ...(one.imports.length === 0 ? [] : list('    imports: [', one.imports.map(importLine), '    ]')),
  '  }',
];

const list = (open: string, lines: readonly string[], close: string): readonly string[] => [
  open,
  ...lines.map((line) => `${/^ */.exec(open)?.[0] ?? ''}  ${line}`),
  close,
];

const quoted = (text: string): string => `"${text}"`;

const exportLine = ({ kind, subject, to }: Export): string =>
  `{ ${kind}: "${subject}", accounts: [${to.map(quoted).join(', ')}] }`;

const importLine = ({ kind, subject, from, as }: Import): string =>
  `{ ${kind}: { account: "${from}", subject: "${subject}" }${as === undefined ? '' : `, to: "${as}"`} }`;
