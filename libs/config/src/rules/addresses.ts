import type { GatehouseModel } from '../model/gatehouse-model.js';
import type { ListenAddress } from '../model/listen-addresses.js';
import type { Finding } from '../findings/problems.js';
import type { Path } from '../findings/path.js';
import type { Rule } from './rule.js';

/** A NATS server is named, and no two listeners use the same port of one address. */
export const addresses: Rule = ({ nats, listen, backends, authServer }) => {
  const hasBridge = backends.some(({ stdio }) => stdio !== undefined);
  const all = listeners(listen, hasBridge, authServer?.administration);
  const wrong = all.flatMap((listener, index) => {
    const finding = wrongPort(listener, all.slice(0, index));
    return finding === undefined ? [] : [{ service: listener.service, finding }];
  });
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
    // The internal port is derived from the public one: a correction of that corrects both.
    ...wrong
      .filter(({ service }, index) => wrong.findIndex((other) => other.service === service) === index)
      .map(({ finding }) => finding),
  ];
};

interface Listener extends ListenAddress {
  readonly isContained: boolean;
  readonly service: string;
  readonly path: Path;
}

function listeners(
  { proxy, authorizationServer, tokenVault, bridge }: GatehouseModel['listen'],
  hasBridge: boolean,
  administration: ListenAddress | undefined,
): readonly Listener[] {
  const ofService = (
    service: string,
    internal: ListenAddress | undefined,
    open?: ListenAddress,
  ): readonly Listener[] => {
    const own = [
      ...(open === undefined ? [] : [{ address: open, path: ['listen', service] }]),
      ...(internal === undefined ? [] : [{ address: internal, path: ['listen', service, 'internal'] }]),
    ];
    const isContained = own.some(({ address }) => EVERYWHERE.includes(address.host));
    return own.map(({ address: { host, port }, path }) => ({ host, port, service, path, isContained }));
  };
  return [
    ...ofService('proxy', proxy.internal, proxy),
    ...ofService('authorizationServer', authorizationServer.internal, authorizationServer),
    ...(administration === undefined
      ? []
      : [
          {
            ...administration,
            service: 'authorizationServer',
            path: ['authServer', 'administration'],
            isContained: [authorizationServer, authorizationServer.internal, administration].some(
              ({ host }) => EVERYWHERE.includes(host),
            ),
          },
        ]),
    ...ofService('tokenVault', tokenVault.internal),
    ...(hasBridge ? ofService('bridge', undefined, bridge) : []),
  ];
}

function wrongPort(listener: Listener, before: readonly Listener[]): Finding | undefined {
  const path = [...listener.path, 'port'];
  if (listener.port > 65_535)
    return {
      path,
      related: [['listen', listener.service]],
      message: 'There is no such port: write another one.',
    };
  const first = before.find((other) => collide(listener, other));
  if (first === undefined) return undefined;
  return { path, related: [first.path], message: `${first.path.slice(1).join('.')} already listens there.` };
}

const EVERYWHERE: readonly string[] = ['0.0.0.0', '::'];

/** A service that listens on all addresses is assumed to have its own container, with its own loopback. */
function collide(one: Listener, other: Listener): boolean {
  // 0 is a different port each time.
  if (one.port !== other.port || one.port === 0) return false;
  const sharesHost = one.host === other.host;
  return one.service === other.service
    ? sharesHost || [one, other].some(({ host }) => EVERYWHERE.includes(host))
    : sharesHost && !one.isContained && !other.isContained;
}
