import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import type { ConnectionView } from '@gatehouse/contracts/token-vault/connection-list';

type Rules = Pick<
  AuthorizationServerPart,
  'primaryUpstreamProvider' | 'connectionReuse' | 'upstreamProviders'
>;

/**
 * The providers that a session of an asserted person may use. The issuer speaks for the primary one, as if the person had just been
 * there. Other connections are used again where nobody is asked about that; for the rest the person gets a link.
 */
export function boundProviders(
  connections: readonly Pick<ConnectionView, 'provider' | 'state'>[],
  { primaryUpstreamProvider: primary, connectionReuse, upstreamProviders }: Rules,
): string[] {
  const connected = new Map(connections.map(({ provider, state }) => [provider, state]));
  return upstreamProviders
    .map(({ name }) => name)
    .filter((name) =>
      name === primary ? connected.has(name) : connectionReuse === 'always' && connected.get(name) === 'live',
    );
}
