import 'reflect-metadata';
import { mcpSessions } from '@gatehouse/contracts/buckets';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { EVENTS, REQUESTS } from '@gatehouse/contracts/table';
import { sessionOpen } from '@gatehouse/contracts/token-vault/session-open';
import { type BusUser, inboxPrefix, PROVISIONING } from '@gatehouse/messaging/bus-options';
import { accountsOf } from '@gatehouse/messaging/nats-accounts';
import { bucketName, bucketStream, eventStream, fullSubject } from '@gatehouse/messaging/subjects';
import { printFigure } from '@gatehouse/testing/figures';
import { startTestNats, type TestNats } from '@gatehouse/testing/nats';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';

const GATEWAY = 'test';
const BUCKET = bucketName(GATEWAY, mcpSessions);
const subjectOf = ({ subject }: { readonly subject: string }): string => fullSubject(GATEWAY, subject);
const REQUEST_SUBJECTS = REQUESTS.map(subjectOf);
const EVENT_SUBJECTS = EVENTS.map(subjectOf);
const INBOXES = SERVICES.map((service) => `${inboxPrefix(service)}.somebody`);
const STREAMS = [eventStream(GATEWAY), bucketStream(GATEWAY, mcpSessions), 'attacker'];

/** Every place of the JetStream interface that answers to a reply subject of the asker's choice, for one stream. */
const jetStreamApi = (stream: string): readonly string[] => [
  '$JS.API.INFO',
  ...['CREATE', 'UPDATE', 'INFO', 'DELETE', 'PURGE', 'MSG.GET', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE'].map(
    (verb) => `$JS.API.STREAM.${verb}.${stream}`,
  ),
  '$JS.API.STREAM.NAMES',
  '$JS.API.STREAM.LIST',
  `$JS.API.STREAM.PEER.REMOVE.${stream}`,
  `$JS.API.STREAM.LEADER.STEPDOWN.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.$KV.${BUCKET}.k`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.c`,
  `$JS.API.CONSUMER.CREATE.${stream}.c.>`,
  `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.c`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.c`,
  ...['INFO', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.c`),
  `$JS.API.CONSUMER.NAMES.${stream}`,
  `$JS.API.CONSUMER.LIST.${stream}`,
  `$JS.ACK.${stream}.c.1.1.1.1.1`,
  '$JS.API.META.LEADER.STEPDOWN',
];

/** Making streams is what provisioning is for; the server itself announces that somebody did. */
const PROVISIONING_MAY = [
  '$JS.EVENT.ADVISORY.API',
  ...accountsOf(GATEWAY).flatMap(({ user, imports }) =>
    user === PROVISIONING ? imports.map(({ subject }) => subject) : [],
  ),
];

/** What may arrive in a service's account, by the contracts, from somebody else. */
const allowedAt = (receiver: Service, attacker: BusUser): ReadonlySet<string> =>
  new Set([
    ...(attacker === PROVISIONING ? PROVISIONING_MAY : []),
    ...REQUESTS.filter(
      ({ answeredBy, calledBy }) => answeredBy === receiver && calledBy.some((one) => one === attacker),
    ).map(subjectOf),
    ...EVENTS.filter(
      ({ publishedBy, heardBy }) => publishedBy === attacker && heardBy.includes(receiver),
    ).map(subjectOf),
  ]);

let nats: TestNats;

beforeAll(async () => {
  nats = await startTestNats(GATEWAY);
});
afterAll(async () => {
  await nats.close();
});

const connectAs = async (user: BusUser): Promise<NatsConnection> => {
  const access =
    user === PROVISIONING
      ? nats.provisioning
      : { user: nats.optionsOf(user).user, pass: nats.optionsOf(user).password.reveal() };
  return await connect({ servers: nats.url, ...access, inboxPrefix: inboxPrefix(user), reconnect: false });
};

interface Arrival {
  readonly at: Service;
  readonly subject: string;
  readonly text: string;
}

/** Watches every service's whole account while `attack` runs. */
async function arrivalsDuring(attack: () => Promise<void>): Promise<readonly Arrival[]> {
  const arrivals: Arrival[] = [];
  const observers = await Promise.all(
    SERVICES.map(async (service) => {
      const observer = await connect({ servers: nats.url, ...nats.observerOf(service) });
      observer.subscribe('>', {
        callback: (_error, message: Msg) =>
          void arrivals.push({ at: service, subject: message.subject, text: message.string() }),
      });
      await observer.flush();
      return observer;
    }),
  );
  await attack();
  // Each observer sends itself a marker. Everything that the attack delivered in that account arrives before it.
  await Promise.all(
    observers.map(async (observer, index) => {
      const own = SERVICES[index];
      observer.publish('attack.is.over');
      while (!arrivals.some(({ at, subject }) => at === own && subject === 'attack.is.over'))
        await observer.flush();
      await observer.close();
    }),
  );
  return arrivals.filter(({ subject }) => subject !== 'attack.is.over');
}

/** Tries everything with one user's credentials: publish, reply subjects through every JetStream API, subscribe. */
async function tryEverything(user: BusUser, evil: string): Promise<number> {
  const connection = await connectAs(user);
  let attempts = 0;
  const publish = (subject: string, payload: string, reply?: string): void => {
    attempts += 1;
    connection.publish(subject, payload, reply === undefined ? {} : { reply });
  };
  const targets = [...REQUEST_SUBJECTS, ...EVENT_SUBJECTS, ...INBOXES];
  const stream = JSON.stringify({
    name: 'attacker',
    subjects: ['gatehouse.>'],
    republish: { src: '>', dest: evil },
  });
  for (const target of targets) publish(target, evil);
  // A value chosen by the attacker, which the answering service may pass on.
  publish(`$KV.${BUCKET}.k`, evil);
  for (const reply of targets) {
    publish(`$KV.${BUCKET}.k`, evil, reply);
    for (const name of STREAMS)
      for (const api of jetStreamApi(name)) publish(api, api.includes('CREATE') ? stream : '', reply);
    for (const request of REQUEST_SUBJECTS) publish(request, evil, reply);
  }
  for (const api of accountsOf(GATEWAY).find((account) => account.user === user)?.publish ?? [])
    for (const reply of targets) publish(api.replace('>', 'k'), evil, reply);
  await connection.flush();
  await connection.close();
  return attempts;
}

describe('whoever holds the credentials of one service', () => {
  test.each([...SERVICES, PROVISIONING] as const)(
    '%s: gets nothing into another service beyond the contracts, whatever reply subject it names',
    async (user) => {
      const evil = `evil-${user}`;
      let attempts = 0;
      const arrivals = await arrivalsDuring(async () => {
        attempts = await tryEverything(user, evil);
      });
      const foreign = arrivals.filter(({ at }) => at !== user);
      const beyond = foreign
        .filter(({ at, subject }) => !allowedAt(at, user).has(subject) && !subject.startsWith('_R_.'))
        .map(({ at, subject }) => `${at}: ${subject}`);
      printFigure(
        `bus attempts with the credentials of ${user}: ${attempts}, beyond the contracts: ${beyond.length}`,
      );
      expect([...new Set(beyond)]).toEqual([]);
      expect(attempts).toBeGreaterThan(1_000);
      // What it is allowed to send did arrive, so the observer works.
      expect(foreign.length > 0).toBe(
        user !== 'token-vault' || EVENTS.some(({ publishedBy }) => publishedBy === user),
      );
    },
  );

  test.each([...SERVICES, PROVISIONING] as const)('%s: hears nothing of others', async (user) => {
    const connection = await connectAs(user);
    const heard: string[] = [];
    let attempts = 0;
    const wanted = [
      ...['>', '*', 'gatehouse.>', '$JS.>', '$KV.>', '$SYS.>', '_R_.>', '_INBOX.>', '_INBOX_>'],
      ...REQUEST_SUBJECTS,
      ...EVENT_SUBJECTS,
      ...SERVICES.map((service) => `${inboxPrefix(service)}.>`),
    ];
    for (const subject of wanted)
      for (const queue of [undefined, ...SERVICES]) {
        attempts += 1;
        connection.subscribe(subject, {
          ...(queue === undefined ? {} : { queue }),
          callback: (refused, message) => {
            if (refused === null) heard.push(message.subject);
          },
        });
      }
    await connection.flush();
    const observers = await Promise.all(
      SERVICES.map((service) => connect({ servers: nats.url, ...nats.observerOf(service) })),
    );
    // Every subject of the bus, published in every account.
    for (const [index, observer] of observers.entries()) {
      const service = SERVICES[index];
      for (const subject of [...REQUEST_SUBJECTS, ...EVENT_SUBJECTS, ...INBOXES])
        if (service !== user) observer.publish(subject, 'secret');
      await observer.flush();
      await observer.close();
    }
    await connection.flush().catch(() => undefined);
    const allowed =
      user === PROVISIONING
        ? new Set<string>()
        : new Set(SERVICES.flatMap((from) => [...allowedAt(user, from)]));
    const beyond = heard.filter((subject) => !allowed.has(subject));
    printFigure(
      `bus subscriptions with the credentials of ${user}: ${attempts}, beyond the contracts: ${beyond.length}`,
    );
    expect(beyond).toEqual([]);
    await connection.close();
  });

  test.each(SERVICES)('%s: makes, changes, reads and ends no stream or consumer', async (service) => {
    const connection = await connectAs(service);
    const config = { name: 'attacker', subjects: ['gatehouse.>'], num_replicas: 1 };
    let attempts = 0;
    const answered: string[] = [];
    for (const name of STREAMS)
      for (const api of jetStreamApi(name)) {
        if (accountsOf(GATEWAY).some(({ user, publish }) => user === service && publish.includes(api)))
          continue;
        attempts += 1;
        const reply = await connection
          .request(api, JSON.stringify({ ...config, name }), { timeout: 1_000 })
          .catch(() => undefined);
        if (reply !== undefined) answered.push(api);
      }
    printFigure(
      `stream and consumer requests with the credentials of ${service}: ${attempts}, answered: ${answered.length}`,
    );
    expect(answered).toEqual([]);
    await connection.close();
  });
});

describe('a fresh bus', () => {
  test('a service that comes first makes no stream: only provisioning does', async () => {
    const fresh = await startTestNats(GATEWAY);
    try {
      await expect(fresh.provision()).resolves.toEqual([]);
    } finally {
      await fresh.close();
    }
  });

  test('provisioning brings a stream that captures more back to what the contracts say', async () => {
    const owner = await connect({ servers: nats.url, ...nats.observerOf('authorization-server') });
    const name = eventStream(GATEWAY);
    const configured = async () =>
      (await owner.request(`$JS.API.STREAM.INFO.${name}`)).json<{ config: object }>().config;
    const twisted = { ...(await configured()), subjects: ['gatehouse.test.>'], max_age: 0 };
    await owner.request(`$JS.API.STREAM.UPDATE.${name}`, JSON.stringify(twisted));
    await expect(nats.provision()).resolves.toEqual([`authorization-server/${name}`]);
    expect(await configured()).toMatchObject({ subjects: ['gatehouse.test.events.authorization-server.>'] });
    await owner.close();
  });
});

test('the monitoring port is off unless asked for, and never beyond loopback', async () => {
  const { natsConfiguration } = await import('@gatehouse/messaging/nats-configuration');
  const options = { gatewayName: GATEWAY, host: '0.0.0.0', port: 4222 };
  expect(natsConfiguration(options)).not.toContain('http');
  expect(natsConfiguration({ ...options, monitorPort: 8222 })).toContain('http: "127.0.0.1:8222"');
});

test('a request subject that no contract wants proven opens or ends no custody', () => {
  const unproven = REQUESTS.filter(({ answeredBy, proven }) => answeredBy === 'token-vault' && !proven);
  expect(unproven.map(({ subject }) => subject)).toEqual([
    'token-vault.bus-key.current.v1',
    'token-vault.credential.exchange.v1',
    'token-vault.credential.inject.v1',
    'token-vault.presence.v1',
  ]);
  expect(sessionOpen.proven).toBe(true);
});
