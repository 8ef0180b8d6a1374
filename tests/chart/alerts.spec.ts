import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '@gatehouse/testing/repository';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { chartTool } from '../support/chart/chart-tools.js';

const RULES = inRepository('infra/observe/prometheus');
const DASHBOARDS = inRepository('infra/observe/grafana');
const promtool = chartTool('promtool');
const where = promtool === undefined ? describe.skip : describe;

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert?: string;
      readonly annotations?: { readonly runbook: string };
    }[];
  }[];
}

const alerts = (parse(readFileSync(join(RULES, 'gatehouse.rules.yaml'), 'utf8')) as Rules).groups.flatMap(
  ({ rules }) => rules.filter(({ alert }) => alert !== undefined),
);

/** What it printed, and how it ended. */
function ran(...args: readonly string[]): { readonly said: string; readonly code: number | null } {
  const { stdout, stderr, status } = spawnSync(promtool ?? '', args, { cwd: RULES, encoding: 'utf8' });
  return { said: stdout + stderr, code: status };
}

where('alert rules, as Prometheus reads and runs them', () => {
  test('each rule can be read', () => {
    const { said, code } = ran('check', 'rules', 'gatehouse.rules.yaml');
    expect(said).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  test('what fails rings, with its text; what clients, people and backends do wrong does not; what is over stops', () => {
    const { said, code } = ran('test', 'rules', 'gatehouse.rules.test.yaml');
    expect(said).not.toContain('FAILED');
    expect(code).toBe(0);
  });
});

test('each alert has an entry in the guide to which its runbook leads', () => {
  const [page = ''] = new Set(alerts.map(({ annotations }) => annotations?.runbook.split('#')[0] ?? ''));
  const guide = readFileSync(inRepository(page), 'utf8');
  for (const { alert, annotations } of alerts) {
    const heading = annotations?.runbook.split('#')[1] ?? 'none';
    expect(guide.toLowerCase()).toContain(`# ${heading}`);
    expect(guide).toContain(`\`${alert?.replace(/(Fast|Slow|Long)$/, '')}`);
  }
});

test('each dashboard is JSON with panels that ask whichever Prometheus is chosen', () => {
  const files = readdirSync(DASHBOARDS);
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    const { uid, panels } = JSON.parse(readFileSync(join(DASHBOARDS, file), 'utf8')) as {
      readonly uid: string;
      readonly panels: readonly {
        readonly datasource: { readonly uid: string };
        readonly targets: readonly object[];
      }[];
    };
    expect(file).toBe(`${uid}.json`);
    expect(panels.length).toBeGreaterThan(4);
    for (const { datasource, targets } of panels) {
      expect(datasource.uid).toBe('${datasource}');
      expect(targets).not.toHaveLength(0);
    }
  }
});
