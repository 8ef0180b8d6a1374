import { afterEach, expect, test } from '@jest/globals';
import { until } from '@gatehouse/testing/until';
import { Group, type GroupOptions } from './running-group.fixture.js';

const begun: Group[] = [];
afterEach(async () => {
  await Promise.all(begun.splice(0).map(async (group) => await group.remove()));
});

const one: GroupOptions = { workers: '1' };
async function begin(options: GroupOptions): Promise<Group> {
  const group = await Group.begin(options);
  begun.push(group);
  return await group.serves();
}

const has = async (group: Group, backends: string): Promise<void> =>
  await until(async () => (await group.backends()) === backends);

test('a file that is written to is taken up, without a restart', async () => {
  const group = await begin(one);
  const process = await group.ask();
  await group.changeConfiguration({ ...one, backends: ['one', 'two'] });
  await has(group, 'one two');
  expect(await group.ask()).toBe(process);
  expect(group.said).toMatch(/"because":"file","generation":2,"changed":"backends".*configuration-reloaded/);
  expect(await group.sampled('configuration_generation')).toEqual(new Map([['', 2]]));
});

test('a file that takes the place of the earlier one is taken up, each time', async () => {
  const group = await begin(one);
  for (const backends of [['two'], ['three'], ['one']]) {
    await group.replaceConfiguration({ ...one, backends });
    await has(group, backends.join(' '));
  }
});

test('a mounted ConfigMap whose link is led elsewhere is taken up, each time', async () => {
  const group = await begin(one);
  const mount = await group.mountConfiguration({ ...one, backends: ['two'] });
  await has(group, 'two');
  await mount({ ...one, backends: ['three'] });
  await has(group, 'three');
  await mount({ ...one, backends: ['one'] });
  await has(group, 'one');
});

test('SIGHUP takes up the file, and one that says the same does no harm', async () => {
  const group = await begin(one);
  group.signal('SIGHUP');
  await until(() => group.count('configuration-reloaded') === 1);
  expect(group.said).toContain('"because":"SIGHUP","generation":2,"changed":""');
  expect(await group.backends()).toBe('one');
});

test('a wrong file changes nothing and says why, as at the start; the next right one is taken', async () => {
  const group = await begin(one);
  await group.writeConfiguration('name: [what is this');
  await until(() => group.count('configuration-invalid') >= 1);
  await group.changeConfiguration({ ...one, backends: ['one', 'one'] });
  await until(() => group.said.includes('The configuration has 1 problem:\n'));
  // Document, line and field.
  await until(() => /gatehouse\.yaml:\d+ {2}backends\[1\]\.name\n/.test(group.said));
  expect(await group.backends()).toBe('one');
  expect(await group.sampled('configuration_is_current')).toEqual(new Map([['', 0]]));
  expect(await group.status()).toBe('ready');
  await group.changeConfiguration({ ...one, backends: ['two'] });
  await has(group, 'two');
  expect(await group.sampled('configuration_is_current')).toEqual(new Map([['', 1]]));
});

test('with a field that needs a restart nothing of the file is taken, and the field is named', async () => {
  const group = await begin(one);
  await group.changeConfiguration({ ...one, backends: ['two'], shutdownTimeout: '11s', name: 'other' });
  await until(() => group.count('configuration-needs-restart') === 1);
  expect(group.said).toContain('"fields":"name, shutdownTimeout"');
  expect(await group.backends()).toBe('one');
  expect(await group.sampled('configuration_is_current')).toEqual(new Map([['', 0]]));
});

test('a configuration that the service cannot take leaves the one before', async () => {
  const group = await begin(one);
  await group.changeConfiguration({ ...one, backends: ['refused'] });
  await until(() => group.count('configuration-not-reloaded') === 1);
  expect(await group.backends()).toBe('one');
  expect(await group.status()).toBe('ready');
});

test('every worker takes up the file, by itself and when the primary is told', async () => {
  const group = await begin({ workers: '2' });
  const workers = await group.workers();
  await group.changeConfiguration({ backends: ['two'] });
  const generations = (number: number) => new Map([1, 2].map((worker) => [String(worker), number]));
  await until(async () => (await group.sampled('configuration_generation')).get('2') === 2);
  await until(() => group.count('configuration-reloaded') === 2);
  expect(await group.sampled('configuration_generation')).toEqual(generations(2));
  group.signal('SIGHUP');
  await until(() => group.count('configuration-reloaded') === 4);
  expect(await group.sampled('configuration_generation')).toEqual(generations(3));
  for (let ask = 0; ask < 4; ask += 1) expect(await group.backends()).toBe('two');
  expect(await group.workers()).toEqual(workers);
  expect(await group.stop()).toBe(0);
});

test('workers say of a wrong file once what is wrong, and each that it is', async () => {
  const group = await begin({ workers: '2' });
  await group.changeConfiguration({ backends: ['one', 'one'] });
  await until(() => group.count('configuration-invalid') === 2);
  await until(() => group.said.includes('The configuration has 1 problem:'));
  expect(group.said.split('The configuration has 1 problem:')).toHaveLength(2);
});
