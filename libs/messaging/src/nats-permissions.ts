import { BUCKETS } from '@gatehouse/contracts/buckets';
import type { Service } from '@gatehouse/contracts/contract';
import { EVENTS, REQUESTS } from '@gatehouse/contracts/table';
import { inboxPrefix } from './bus-options.js';
import { bucketName, eventStream, fullSubject } from './subjects.js';

export const SERVICES = [
  'authorization-server',
  'token-vault',
  'vmcp-proxy',
] as const satisfies readonly Service[];

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** What one service's NATS user may do: exactly what the contracts say, nothing by wildcard but its own inbox and buckets. */
export function permissionsOf(service: Service, gatewayName: string): Permissions {
  const subject = (name: string) => fullSubject(gatewayName, name);
  const asked = REQUESTS.filter(({ calledBy }) => calledBy.includes(service)).map((contract) =>
    subject(contract.subject),
  );
  // Subject and queue group: the user cannot listen beside the group and read every replica's requests.
  const answered = REQUESTS.filter(({ answeredBy }) => answeredBy === service).map(
    (contract) => `${subject(contract.subject)} ${service}`,
  );
  const published = EVENTS.filter(({ publishedBy }) => publishedBy === service).map((event) =>
    subject(event.subject),
  );
  const heard = EVENTS.filter(({ heardBy }) => heardBy.includes(service)).map((event) =>
    subject(event.subject),
  );
  const stream = published.length === 0 ? [] : [`$JS.API.STREAM.CREATE.${eventStream(gatewayName)}`];
  const buckets = BUCKETS.filter(({ usedBy }) => usedBy.includes(service)).flatMap((bucket) =>
    bucketSubjects(bucketName(gatewayName, bucket)),
  );
  return {
    publish: [...asked, ...published, ...stream, ...buckets].sort(),
    subscribe: [`${inboxPrefix(service)}.>`, ...answered, ...heard].sort(),
  };
}

/** What the key-value client of JetStream sends. */
const bucketSubjects = (bucket: string): readonly string[] => [
  `$KV.${bucket}.>`,
  `$JS.API.STREAM.CREATE.KV_${bucket}`,
  `$JS.API.STREAM.INFO.KV_${bucket}`,
  `$JS.API.STREAM.MSG.GET.KV_${bucket}`,
  `$JS.API.DIRECT.GET.KV_${bucket}.>`,
  '$JS.API.INFO',
];
