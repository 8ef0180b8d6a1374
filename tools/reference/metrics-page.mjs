/** docs/reference/metrics.md: every metric, from the calls that make it. */
import ts from 'typescript';
import { code, codes, generatedFrom, table } from './markdown.mjs';
import { parsed, programFiles, textOf, visit } from './sources.mjs';

const KINDS = new Set(['counter', 'gauge', 'histogram']);

/** A metric is made by `metrics.counter('name', 'help', ['label'])`, and so on. */
function madeBy(node, path) {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const kind = node.expression.name.text;
  const [name, help, labels] = node.arguments;
  const written = textOf(name);
  if (!KINDS.has(kind) || written === undefined || help === undefined) return undefined;
  const tells = textOf(help);
  if (tells === undefined || labels === undefined || !ts.isArrayLiteralExpression(labels))
    throw new Error(`${path}: the help and the labels of ${written} are not written where it is made`);
  return {
    name: `gatehouse_${written}`,
    kind,
    help: tells.replace(/\.$/, ''),
    labels: labels.elements.map((label) => textOf(label) ?? label.getText()),
    path,
  };
}

export function metricSources() {
  const metrics = [];
  for (const path of programFiles(['apps', 'libs']))
    visit(parsed(path), (node) => {
      const metric = madeBy(node, path);
      if (metric !== undefined) metrics.push(metric);
    });
  return metrics.sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

const serviceOf = (path) => {
  const [root, name] = path.split('/');
  return root === 'apps' ? name : 'any that uses the library';
};

export const metricsPage = {
  path: 'docs/reference/metrics.md',
  sources: metricSources,
  text: (metrics) =>
    [
      '# Metrics',
      generatedFrom('the calls that make them'),
      'Each service answers `/metrics` of its internal listener ([health](../health.md)) in Prometheus’ text format. Those of the Node.js process stand beside these. Values of labels are configured names and words of this program, and names of tools; what they mean is in [telemetry](../telemetry.md#metrics).',
      'With several workers each sample has `worker` as well ([workers](../workers.md)).',
      table(
        ['metric', 'kind', 'labels', 'tells', 'service', 'source'],
        metrics.map(({ name, kind, labels, help, path }) => [
          code(name),
          kind,
          codes(labels),
          help,
          serviceOf(path),
          `[${path.split('/').at(-1)}](../../${path})`,
        ]),
      ),
      '',
    ].join('\n\n'),
  drift: (metrics) =>
    metrics.map((one, at) => (at === 0 ? { ...one, labels: [...one.labels, 'planted'] } : one)),
};
