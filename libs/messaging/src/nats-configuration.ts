import type { Service } from '@gatehouse/contracts/contract';
import { permissionsOf, SERVICES } from './nats-permissions.js';

export interface NatsConfigurationOptions {
  readonly gatewayName: string;
  readonly host: string;
  readonly port: number;
  /** Monitoring (`/healthz`); left out: none. */
  readonly monitorPort?: number;
  /** Left out: `nats-server` chooses. */
  readonly storeDirectory?: string;
}

/** A service answers a request once, within the longest time that a caller waits. */
const RESPONSES = '{ max: 1, expires: "60s" }';

/** The environment variable that gives the server the password of a service's user. */
export const passwordVariable = (service: Service): string =>
  `NATS_PASSWORD_${service.toUpperCase().replaceAll('-', '_')}`;

/** A `nats-server` configuration with one user per service. It holds no password: those come from the environment of the server. */
export function natsConfiguration(options: NatsConfigurationOptions): string {
  const lines = [
    '# Generated from the contracts (libs/contracts). Do not edit: `gatehouse nats-configuration` writes it.',
    `listen: "${options.host}:${options.port}"`,
    ...(options.monitorPort === undefined ? [] : [`http: "${options.host}:${options.monitorPort}"`]),
    options.storeDirectory === undefined
      ? 'jetstream {}'
      : `jetstream { store_dir: ${JSON.stringify(options.storeDirectory)} }`,
    'max_payload: 1MB',
    'authorization {',
    '  users: [',
    ...SERVICES.flatMap((service) => user(service, options.gatewayName)),
    '  ]',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function user(service: Service, gatewayName: string): readonly string[] {
  const { publish, subscribe } = permissionsOf(service, gatewayName);
  return [
    '    {',
    `      user: "${service}", password: $${passwordVariable(service)}`,
    '      permissions: {',
    '        publish: { allow: [',
    ...publish.map((subject) => `          "${subject}"`),
    '        ] }',
    '        subscribe: { allow: [',
    ...subscribe.map((subject) => `          "${subject}"`),
    '        ] }',
    `        allow_responses: ${RESPONSES}`,
    '      }',
    '    }',
  ];
}
