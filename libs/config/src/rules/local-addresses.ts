import type { ListenAddress } from '../model/listen-addresses.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import { isLocalhost, isLoopbackAddress, placeOf } from '../urls/hosts.js';
import type { Rule } from './rule.js';

/** On one machine nothing translates ports: what a URL on localhost names is what a service listens on. */
export const localAddresses: Rule = ({ publicUrl, authServer, listen }) => [
  ...unlike(['publicUrl'], publicUrl, listen.proxy, 'proxy'),
  ...(authServer === undefined
    ? []
    : authServer.issuer === publicUrl
      ? sharedIssuer(publicUrl, listen)
      : unlike(
          ['authServer', 'issuer'],
          authServer.issuer,
          listen.authorizationServer,
          'authorizationServer',
        )),
];

function unlike(path: Path, url: string, address: ListenAddress, service: string): readonly Finding[] {
  const place = placeOf(url);
  // Containers listen everywhere, and their ports are published as somebody else decides; 0 is any port.
  if (place === undefined || !isLocalhost(url) || !isLoopbackAddress(address.host) || address.port === 0)
    return [];
  return place.port === address.port
    ? []
    : [
        {
          path,
          message: `listen.${service} is port ${address.port}: on this machine nothing answers at port ${place.port}, unless a proxy in front does.`,
          instead: `http://localhost:${address.port} here, or listen.${service}.port: ${place.port}`,
        },
      ];
}

const sharedIssuer = (
  publicUrl: string,
  { proxy, authorizationServer }: Parameters<Rule>[0]['listen'],
): readonly Finding[] =>
  isLocalhost(publicUrl) && isLoopbackAddress(proxy.host) && placeOf(publicUrl)?.port === proxy.port
    ? [
        {
          path: ['authServer'],
          message:
            'Without an issuer, clients look for the authorization server at publicUrl, where the proxy listens. On one machine each has a port of its own.',
          instead: `issuer: http://localhost:${authorizationServer.port}`,
        },
      ]
    : [];

/** `nats-server` itself answers people and other servers there, not clients. */
const OF_OTHERS: ReadonlyMap<number, string> = new Map([
  [8222, 'its monitoring page is'],
  [6222, 'the servers of a cluster talk to each other'],
]);

/** Ports of a NATS server that no client belongs to, and replicas that a vote cannot use. */
export const natsServers: Rule = ({ nats }) => [
  ...nats.servers.flatMap((server, index) => {
    const port = Number(/:(\d+)$/.exec(server)?.[1] ?? '4222');
    const others = OF_OTHERS.get(port);
    return others === undefined
      ? []
      : [
          {
            path: ['nats', 'servers', index],
            message: `Port ${port} of a NATS server is where ${others}. Clients use 4222, unless it is configured otherwise.`,
            instead: server.replace(/:\d+$/, ':4222'),
          },
        ];
  }),
  ...(nats.streamReplicas % 2 === 0
    ? [
        {
          path: ['nats', 'streamReplicas'],
          message: `${nats.streamReplicas} servers survive the loss of no more than ${nats.streamReplicas - 1} do: a majority has to remain.`,
          instead: `${nats.streamReplicas - 1} or ${nats.streamReplicas + 1}`,
        },
      ]
    : []),
];
