import type { Flight } from '@gatehouse/kernel/single-flight';
import type { Principal } from '../incoming-auth/principal.js';
import type { PeerRequest } from './peers.client.js';

type Matches = (principal: Principal, backend: string) => boolean;

/** Work that can be found by whom it is for, as long as it runs. */
export const noted =
  <Outcome>(
    requests: Map<string, PeerRequest>,
    key: string,
    request: PeerRequest,
    work: (flight: Flight) => Promise<Outcome>,
  ) =>
  async (flight: Flight): Promise<Outcome> => {
    requests.set(key, request);
    try {
      return await work(flight);
    } finally {
      // After a drop the same key may be searched for anew.
      if (requests.get(key) === request) requests.delete(key);
    }
  };

export const keysOf = (requests: ReadonlyMap<string, PeerRequest>, matches: Matches): readonly string[] =>
  [...requests].flatMap(([key, { principal, backend }]) => (matches(principal, backend) ? [key] : []));
