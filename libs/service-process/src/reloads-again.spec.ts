import { readFileSync } from 'node:fs';
import { parseConfiguration, type Loaded } from '@gatehouse/config/load';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Metrics } from '@gatehouse/observability/metrics';
import { inRepository } from '@gatehouse/testing/repository';
import { SilentLog } from '@gatehouse/testing/silent-log';
import { until } from '@gatehouse/testing/until';
import { expect, test } from '@jest/globals';
import { Reloads } from './reloads.js';

function loaded(): Extract<Loaded, { ok: true }> {
  const document = inRepository('examples/compose/gatehouse.yaml');
  const read = parseConfiguration(
    { document, text: readFileSync(document, 'utf8') },
    { part: 'none', readSecret: () => ({ ok: false, message: 'Nothing reads it.' }) },
  );
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read;
}

test('a change that comes while something is away is taken when it is back: the file does not change again for it', async () => {
  const seen = { isAway: true, tries: 0, taken: 0 };
  const service = {
    load: loaded,
    partOf: () => undefined,
    reconfigure: () => {
      seen.tries += 1;
      if (seen.isAway) throw new GatehouseError('unavailable');
      seen.taken += 1;
    },
    files: new Set<string>(),
    tellProblems: () => undefined,
    lookEveryMs: 1,
  };
  const reloads = new Reloads(service, loaded(), new SilentLog(), new Metrics());
  await reloads.reload('file');
  await until(() => seen.tries > 2);
  expect(seen.taken).toBe(0);
  seen.isAway = false;
  await until(() => seen.taken === 1);
  reloads.stop();
});
