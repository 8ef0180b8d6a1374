import { type Bucket, BUCKETS } from '@gatehouse/contracts/buckets';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { EVENTS, REQUESTS } from '@gatehouse/contracts/table';
import { type BusUser, inboxPrefix, PROVISIONING } from './bus-options.js';
import { bucketName, bucketStream, eventStream, fullSubject } from './subjects.js';

/** What crosses between two accounts on one subject: a request and its reply (`service`), or an event (`stream`). */
export interface Export {
  readonly kind: 'service' | 'stream';
  readonly subject: string;
  /** The only accounts that may import it. */
  readonly to: readonly string[];
}

export interface Import {
  readonly kind: 'service' | 'stream';
  readonly subject: string;
  readonly from: string;
  /** Its name in the importing account; left out: the same. */
  readonly as?: string;
}

/**
 * A NATS account with its one user. A subject that it does not import does not exist for it. Permissions alone are not
 * enough: the server does not check them on reply subjects, so a service that gets an answer could choose where it is
 * sent.
 */
export interface Account {
  readonly name: string;
  readonly user: BusUser;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether its user answers requests. */
  readonly answers: boolean;
  readonly exports: readonly Export[];
  readonly imports: readonly Import[];
  /** Its streams and buckets, by stream name. Empty: JetStream is off in this account. */
  readonly streams: readonly string[];
}

const accountName = (gatewayName: string, user: BusUser): string => `${gatewayName}-${user}`;

/** Where provisioning finds the JetStream interface of a service's account. */
export const provisionedApi = (service: Service): string => `${service}.$JS.API`;

/** All accounts of a gateway, from the contracts: one per service, and one that makes the streams and buckets. */
export const accountsOf = (gatewayName: string): readonly Account[] => [
  ...SERVICES.map((service) => serviceAccount(service, gatewayName)),
  provisioningAccount(gatewayName),
];

/** The streams of a service's account, by name. */
export function streamsOf(service: Service, gatewayName: string): readonly string[] {
  const publishes = EVENTS.some(({ publishedBy, kept }) => kept && publishedBy === service);
  return [
    ...(publishes ? [eventStream(gatewayName)] : []),
    ...BUCKETS.filter(({ ownedBy }) => ownedBy === service).map((bucket) =>
      bucketStream(gatewayName, bucket),
    ),
  ];
}

function serviceAccount(service: Service, gatewayName: string): Account {
  const subject = (contract: { readonly subject: string }) => fullSubject(gatewayName, contract.subject);
  const account = (name: Service) => accountName(gatewayName, name);
  const answered = REQUESTS.filter(({ answeredBy }) => answeredBy === service);
  const asked = REQUESTS.filter(({ calledBy }) => calledBy.includes(service));
  const published = EVENTS.filter(({ publishedBy }) => publishedBy === service);
  const heard = EVENTS.filter(({ heardBy }) => heardBy.includes(service));
  const buckets = BUCKETS.filter(({ ownedBy }) => ownedBy === service);
  const streams = streamsOf(service, gatewayName);
  return {
    name: account(service),
    user: service,
    publish: [
      ...asked.map(subject),
      ...published.map(subject),
      ...buckets.flatMap((bucket) => bucketSubjects(bucket, gatewayName)),
      ...streams.map(streamInfo),
    ].sort(),
    subscribe: [
      `${inboxPrefix(service)}.>`,
      // Subject and queue group: the user cannot listen beside the group and read every replica's requests.
      ...answered.map((contract) => `${subject(contract)} ${service}`),
      ...heard.map(subject),
    ].sort(),
    answers: answered.length > 0,
    exports: [
      ...answered.map((contract) => exported('service', subject(contract), contract.calledBy.map(account))),
      ...published
        // What replicas of one service tell each other stays in its account.
        .map((event) => ({ event, others: event.heardBy.filter((name) => name !== service) }))
        .filter(({ others }) => others.length > 0)
        .map(({ event, others }) => exported('stream', subject(event), others.map(account))),
      ...streams.flatMap(provisioningSubjects).map((api) => provisionedExport(api, gatewayName)),
      ...(streams.length > 0 ? [provisionedExport('$JS.API.INFO', gatewayName)] : []),
    ],
    imports: [
      ...asked.map((contract) => imported('service', subject(contract), account(contract.answeredBy))),
      ...heard
        .filter(({ publishedBy }) => publishedBy !== service)
        .map((event) => imported('stream', subject(event), account(event.publishedBy))),
    ],
    streams,
  };
}

/** Only for `gatehouse migrate`: it may make and look at the streams that the contracts name, and nothing else. */
function provisioningAccount(gatewayName: string): Account {
  const imports = SERVICES.flatMap((service) => {
    const streams = streamsOf(service, gatewayName);
    const api = streams.length === 0 ? [] : ['$JS.API.INFO', ...streams.flatMap(provisioningSubjects)];
    return api.map((subject): Import => ({
      kind: 'service',
      subject,
      from: accountName(gatewayName, service),
      as: `${service}.${subject}`,
    }));
  });
  return {
    name: accountName(gatewayName, PROVISIONING),
    user: PROVISIONING,
    publish: imports.flatMap(({ as }) => (as === undefined ? [] : [as])).sort(),
    subscribe: [`${inboxPrefix(PROVISIONING)}.>`],
    answers: false,
    exports: [],
    imports,
    streams: [],
  };
}

const exported = (kind: Export['kind'], subject: string, to: readonly string[]): Export => ({
  kind,
  subject,
  to,
});

const imported = (kind: Import['kind'], subject: string, from: string): Import => ({ kind, subject, from });

const provisionedExport = (subject: string, gatewayName: string): Export =>
  exported('service', subject, [accountName(gatewayName, PROVISIONING)]);

const provisioningSubjects = (stream: string): readonly string[] =>
  ['CREATE', 'INFO', 'UPDATE'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`);

/** The subjects that JetStream's key-value client uses for a bucket, and what makes one in memory again. */
const bucketSubjects = (bucket: Bucket, gatewayName: string): readonly string[] => [
  `$KV.${bucketName(gatewayName, bucket)}.>`,
  `$JS.API.STREAM.MSG.GET.${bucketStream(gatewayName, bucket)}`,
  ...(bucket.swept ? [`$JS.API.STREAM.MSG.DELETE.${bucketStream(gatewayName, bucket)}`] : []),
  // It ends with the only server that holds it, and nobody is there then to provision the bus.
  ...(bucket.storage === 'memory' ? [`$JS.API.STREAM.CREATE.${bucketStream(gatewayName, bucket)}`] : []),
];

/** Whether it is there, and how much it holds. */
export const streamInfo = (stream: string): string => `$JS.API.STREAM.INFO.${stream}`;
