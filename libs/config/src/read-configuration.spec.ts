import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { manifests, textOf } from './from-manifests/manifests.fixture.js';
import { loadConfiguration } from './load.js';
import { readConfigurationText } from './read-configuration.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-manifests-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a folder is all its files, also those further down, without what tools keep for themselves', () => {
  const [first, ...others] = manifests();
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
  };
  for (const below of ['base', 'node_modules', '.git']) mkdirSync(join(folder, below));
  write('group.yaml', textOf([first]));
  write('base/rest.yml', textOf(others));
  write('kustomization.yaml', 'resources: [group.yaml]\n');
  write('notes.txt', 'a: [');
  write('node_modules/broken.yaml', 'a: [');
  write('.git/broken.yaml', 'a: [');
  expect(readConfigurationText(folder)?.files?.map(({ document }) => document)).toEqual([
    join(folder, 'base/rest.yml'),
    join(folder, 'group.yaml'),
  ]);
  expect(loadConfiguration(folder, { part: 'none' })).toMatchObject({ ok: true, model: { name: 'acme' } });
});

test('a path that leads nowhere, and a folder without such files, are no configuration', () => {
  expect(readConfigurationText(join(folder, 'nowhere'))).toBeUndefined();
  expect(readConfigurationText(join(folder, '.git'))?.files).toHaveLength(1);
  mkdirSync(join(folder, 'empty'));
  expect(readConfigurationText(join(folder, 'empty'))).toBeUndefined();
});
