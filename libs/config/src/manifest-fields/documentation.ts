import type { Decision } from './decision.js';
import { countsOf, fieldTable, type TableRow } from './field-table.js';
import { KIND_FIELDS, VERSIONS } from './kinds.js';

/** `docs/reference/manifests.md`: what becomes of each field. */
export function manifestsDocumentation(): string {
  const rows = fieldTable();
  const { honoured, refused, noEffect } = countsOf(rows);
  return [
    '# Fields of manifests',
    'This page is generated from `libs/config/src/manifest-fields`, with `node tools/generate-configuration-docs.mjs`. [Migrate from ToolHive](../guides/migrate-from-toolhive.md) is the guide.',
    `These are all published fields of the kinds that are read, in ${VERSIONS.map((version) => `\`${version}\``).join(' and ')} alike: ${rows.length} fields, of which ${honoured} are honoured, ${refused} are refused by name, and ${noEffect} have no effect here. A refused field is an error of \`gatehouse validate\`; one without effect is a warning. Accepted and ignored: 0. A check sets every field and compares what becomes of the configuration (\`tools/checks/manifest-fields.mjs\`).`,
    'A block that is refused, or has no effect, stands for the fields below it.',
    ...Object.keys(KIND_FIELDS).flatMap((kind) => section(kind, rows)),
  ].join('\n\n');
}

function section(kind: string, rows: readonly TableRow[]): readonly string[] {
  const own = rows.filter((row) => row.kind === kind);
  const shown = own.filter((row, index) => !isCovered(row, own.slice(0, index)));
  return [
    `## ${kind}`,
    [
      '| Field | What becomes of it |',
      '| --- | --- |',
      ...shown.map((row) => `| \`spec.${row.pattern}\` | ${said(row.decision)} |`),
    ].join('\n'),
  ];
}

/** A block around it has the same decision, which is not that of every block. */
const isCovered = ({ pattern, decision }: TableRow, before: readonly TableRow[]): boolean =>
  decision.is !== 'honoured' &&
  before.some(
    (outer) =>
      outer.decision === decision &&
      /^[.[{]/.test(pattern.slice(outer.pattern.length)) &&
      pattern.startsWith(outer.pattern),
  );

function said(decision: Decision): string {
  switch (decision.is) {
    case 'honoured':
      return 'honoured';
    case 'noEffect':
      return `no effect here: ${decision.because}`;
    case 'refused': {
      const allowed =
        decision.allows
          ?.filter((value) => typeof value === 'boolean')
          .map((value) => `\`${String(value)}\` is accepted`) ?? [];
      return [
        'refused:',
        decision.because,
        ...(decision.instead === undefined ? [] : [`Write instead: ${decision.instead}.`]),
        ...allowed,
      ].join(' ');
    }
  }
}
