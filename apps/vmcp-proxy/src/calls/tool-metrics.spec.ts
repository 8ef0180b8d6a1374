import { expect, test } from '@jest/globals';
import { Metrics } from '@gatehouse/observability/metrics';
import fc from 'fast-check';
import { OTHER_TOOLS, ToolMetrics, type CountedCall } from './tool-metrics.js';

const counted = (original: string | undefined, more: Partial<CountedCall> = {}): CountedCall => ({
  backend: 'notes',
  target: { kind: 'tool' },
  original,
  outcome: 'answered',
  durationMs: 10,
  ...more,
});

const seriesIn = (text: string, name: string): readonly string[] =>
  text.split('\n').filter((line) => line.startsWith(`gatehouse_${name}{`));

test('attack: a backend that lists ever new tools adds no series beyond its share', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      async (names, most) => {
        const metrics = new Metrics();
        const tools = new ToolMetrics(metrics, most);
        for (const name of names) tools.count(counted(name));
        const series = seriesIn(await metrics.render(), 'proxy_tool_calls_total');
        expect(series.length).toBeLessThanOrEqual(most + 1);
        const sum = series.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
        expect(sum).toBe(names.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('names beyond the share are counted together, and those within it keep their name', async () => {
  const metrics = new Metrics();
  const tools = new ToolMetrics(metrics, 1);
  for (const name of ['first', 'second', 'third', 'first']) tools.count(counted(name));
  tools.count(counted(undefined, { outcome: 'unavailable' }));
  tools.count(counted('uri', { target: { kind: 'resource' } }));
  const text = await metrics.render();
  const labels = 'backend="notes",kind="tool"';
  expect(seriesIn(text, 'proxy_tool_calls_total')).toEqual([
    `gatehouse_proxy_tool_calls_total{${labels},tool="first",outcome="answered"} 2`,
    `gatehouse_proxy_tool_calls_total{${labels},tool="${OTHER_TOOLS}",outcome="answered"} 2`,
    `gatehouse_proxy_tool_calls_total{${labels},tool="${OTHER_TOOLS}",outcome="unavailable"} 1`,
    'gatehouse_proxy_tool_calls_total{backend="notes",kind="resource",tool="",outcome="answered"} 1',
  ]);
  expect(seriesIn(text, 'proxy_tool_call_duration_seconds_count')).toHaveLength(3);
});

test('attack: a tool’s name cannot end its label and begin another series', async () => {
  const metrics = new Metrics();
  const tools = new ToolMetrics(metrics, 5);
  for (const name of ['a"} 1\ngatehouse_forged{x="\\', 'b"} 1 # \\', 'c'.repeat(10_000)])
    tools.count(counted(name));
  const text = await metrics.render();
  expect(text.split('\n').some((line) => line.startsWith('gatehouse_forged'))).toBe(false);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(400);
});
