import { expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { TaskIds } from './task-ids.js';
import { TaskKeys } from './task-keys.store.js';

const WEEK_MS = 7 * 86_400_000;
const ADA = { issuer: 'https://issuer.example', subject: 'ada', clientId: 'desktop' };
const BOB = { ...ADA, subject: 'bob' };
/** Who acts for her. */
const AGENT = {
  ...ADA,
  clientId: 'agent',
  delegate: { actors: ['agent'], chain: 'agent', key: 'agent with read' },
};
const PLACE = {
  era: 'legacy',
  backend: 'builds',
  tool: 'run',
  taskId: 'backend-7',
  sessionId: 's-1',
} as const;

/** What replicas share. */
class SmallBucket {
  readonly values = new Map<string, string>();
  reads = 0;

  async get(key: string) {
    this.reads += 1;
    const value = this.values.get(key);
    return await Promise.resolve(value === undefined ? undefined : { value, revision: 1 });
  }

  async create(key: string, value: string): Promise<boolean> {
    if (this.values.has(key)) return await Promise.resolve(false);
    this.values.set(key, value);
    return true;
  }
}

const replica = (bucket: SmallBucket, nowMs = Date.now): TaskIds => new TaskIds(new TaskKeys(bucket, nowMs));

test('an id that one replica gave opens at another one, for its person alone, and shows nothing of the backend', async () => {
  const bucket = new SmallBucket();
  const [one, other] = [replica(bucket), replica(bucket)];
  const id = (await one.sealFor(ADA))(PLACE) ?? '';
  expect(await other.open(id, ADA)).toEqual(PLACE);
  expect(await other.open(id, BOB)).toBeUndefined();
  expect(await one.open(id, { ...ADA, issuer: 'https://other.example' })).toBeUndefined();
  const decoded = Buffer.from(id.split('.')[2] ?? '', 'base64url').toString('latin1');
  for (const secret of ['builds', 'run', 'backend-7', 's-1', 'ada'])
    expect(id + decoded).not.toContain(secret);
});

// MCP 2025-11-25, tasks, task isolation and access control.
test('attack: who knows the id of a task of the same person, at another client or acting for them, follows it', async () => {
  const ids = replica(new SmallBucket());
  const own = (await ids.sealFor(ADA))(PLACE) ?? '';
  const agents = (await ids.sealFor(AGENT))(PLACE) ?? '';
  const strangers = [
    { ...ADA, clientId: 'another' },
    AGENT,
    // A client of the person that is also let to act for them.
    { ...AGENT, clientId: ADA.clientId },
  ];
  for (const stranger of strangers) expect(await ids.open(own, stranger)).toBeUndefined();
  const otherActor = {
    ...AGENT,
    delegate: { ...AGENT.delegate, actors: ['other', 'agent'], chain: 'other' },
  };
  for (const stranger of [ADA, { ...ADA, clientId: 'agent' }, otherActor])
    expect(await ids.open(agents, stranger)).toBeUndefined();
  // Their next token may hold less.
  const renewed = { ...AGENT, delegate: { ...AGENT.delegate, key: 'agent with nothing' } };
  expect([await ids.open(own, ADA), await ids.open(agents, renewed)]).toEqual([PLACE, PLACE]);
});

test('a task has one id, however often and wherever it is sealed; other tasks and persons have others', async () => {
  const bucket = new SmallBucket();
  const seals = await Promise.all([replica(bucket).sealFor(ADA), replica(bucket).sealFor(ADA)]);
  const bobs = await replica(bucket).sealFor(BOB);
  expect(seals[0](PLACE)).toBe(seals[1](PLACE));
  const ids = [
    seals[0](PLACE),
    bobs(PLACE),
    ...(['backend', 'tool', 'taskId', 'sessionId'] as const).map((name) =>
      seals[0]({ ...PLACE, [name]: 'x' }),
    ),
    seals[0]({ ...PLACE, era: 'modern' }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
});

test('whatever is changed of an id, it opens no more: nobody makes one up', async () => {
  const ids = replica(new SmallBucket());
  const id = (await ids.sealFor(ADA))(PLACE) ?? '';
  const [mark = '', period = '', sealed = ''] = id.split('.');
  const bytes = Buffer.from(sealed, 'base64url');
  const flipped = [...bytes.keys()].map((index) => {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    return [mark, period, changed.toString('base64url')].join('.');
  });
  const madeUp = [
    '',
    'x',
    'ght2',
    `ght2.${period}.`,
    `ght2.${period}.${randomBytes(64).toString('base64url')}`,
    `${id}=`,
    `${id}.x`,
    `ght2.0${period}.${sealed}`,
    `ght2.zzzzzzzz.${sealed}`,
    `ght3.${period}.${sealed}`,
    `ght2.${period}.${'A'.repeat(4_000)}`,
    `ght1.${period}.${sealed}`,
    PLACE.taskId,
  ];
  for (const wrong of [...flipped, ...madeUp])
    expect([wrong, await ids.open(wrong, ADA)]).toEqual([wrong, undefined]);
  expect(flipped.length).toBeGreaterThan(50);
});

test('names that are too long for an id give none, and ids have a bound', async () => {
  const seal = await replica(new SmallBucket()).sealFor(ADA);
  const longest = seal({ ...PLACE, taskId: 'x'.repeat(950) }) ?? '';
  expect(longest.length).toBeGreaterThan(0);
  expect(longest.length).toBeLessThan(1_536);
  expect(seal({ ...PLACE, taskId: 'x'.repeat(1_024) })).toBeUndefined();
});

test('ids of weeks that nobody sealed in cost the bucket one look each, and no more than a few', async () => {
  const bucket = new SmallBucket();
  const ids = replica(bucket);
  const id = (await ids.sealFor(ADA))(PLACE) ?? '';
  const now = Math.floor(Date.now() / WEEK_MS);
  const before = bucket.reads;
  for (let round = 0; round < 3; round += 1)
    for (let back = 1; back < 200; back += 1)
      expect(await ids.open(id.replace(/\.[^.]+\./, `.${(now - back).toString(36)}.`), ADA)).toBeUndefined();
  expect(bucket.reads - before).toBe(5);
});

test('an id opens weeks later under the key of its week, until that key is gone', async () => {
  const bucket = new SmallBucket();
  const id = (await replica(bucket).sealFor(ADA))(PLACE) ?? '';
  const later = (weeks: number): TaskIds => replica(bucket, () => Date.now() + weeks * WEEK_MS);
  expect(await later(3).open(id, ADA)).toEqual(PLACE);
  expect((await later(3).sealFor(ADA))(PLACE)).not.toBe(id);
  expect(await later(6).open(id, ADA)).toBeUndefined();
  for (const key of bucket.values.keys()) bucket.values.delete(key);
  expect(await later(3).open(id, ADA)).toBeUndefined();
});
