import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ensureNatsServer, findNatsServer, natsServerIn, programFolders } from './nats.js';

test('the server is found where it is first, and only where it may be run', () => {
  const [first, second] = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'gatehouse-nats-')));
  const folders = [first ?? '', second ?? ''];
  try {
    expect(() => findNatsServer(folders)).toThrow(
      /^nats-server is not installed.*apt-get install nats-server/,
    );
    writeFileSync(join(folders[0] ?? '', 'nats-server'), '', { mode: 0o644 });
    expect(() => findNatsServer(folders)).toThrow('is not installed');
    writeFileSync(join(folders[1] ?? '', 'nats-server'), '', { mode: 0o755 });
    expect(findNatsServer(folders)).toBe(join(folders[1] ?? '', 'nats-server'));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
});

test('the one of this machine is found without being told where', () => {
  expect(findNatsServer()).toMatch(/\/nats-server$/);
});

test('where it is missed, the installer runs, and leaves one that is there as it is', () => {
  const before = findNatsServer();
  // Nothing is found in no folder: the installer looks itself, in PATH and where package managers put programs.
  expect(() => ensureNatsServer([])).not.toThrow();
  expect(natsServerIn(programFolders('/nowhere:/nowhere-else'))).toMatch(/^\/(usr|opt)\/.*nats-server$/);
  expect(findNatsServer()).toBe(before);
});
