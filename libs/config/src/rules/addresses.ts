import type { Rule } from './rule.js';

/** NATS is reachable, and no two services ask for one port of one address. */
export const addresses: Rule = ({ nats, listen }) => {
  const taken = new Map<string, string>();
  const services = ['proxy', 'authorizationServer', 'tokenVault'] as const;
  return [
    ...(nats.servers.length > 0
      ? []
      : [
          {
            path: ['nats', 'servers'],
            message: 'At least one server is needed.',
            instead: '[nats://nats:4222]',
          },
        ]),
    ...services.flatMap((service) => {
      const { host, port } = listen[service];
      // In containers each service has its own 0.0.0.0, and port 0 is a different port each time.
      if (port === 0 || ['0.0.0.0', '::'].includes(host)) return [];
      const first = taken.get(`${host} ${port}`);
      taken.set(`${host} ${port}`, service);
      return first === undefined
        ? []
        : [
            {
              path: ['listen', service, 'port'],
              related: [['listen', first]],
              message: `${first} already listens there.`,
            },
          ];
    }),
  ];
};
