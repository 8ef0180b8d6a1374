/** docs/reference/spec-coverage.md: which clause of which standard is named where, in code, tests and the list of divergences. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow } from '../checks/files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { generatedFrom, table } from './markdown.mjs';
import { parsed, textOf, visit } from './sources.mjs';

const DIVERGENCES = 'docs/spec-divergences.md';

/** How standards are cited here: which one, and its clause. */
const CITATIONS = [
  {
    pattern: /\bRFC (\d{4})(?:,? (?:section )?(\d+(?:\.\d+)+)|,? section (\d+))?/g,
    standard: ([, number]) => `RFC ${number}`,
    clause: ([, , dotted, whole]) => dotted ?? whole ?? '',
  },
  {
    pattern:
      /\b(?:OIDC|OpenID Connect) (Core|Discovery|RP-Initiated Logout|Back-Channel Logout)(?: 1\.0)?(?:,? (?:section )?(\d+(?:\.\d+)*))?/g,
    standard: ([, which]) => `OpenID Connect ${which}`,
    clause: ([, , number]) => number ?? '',
  },
  {
    pattern:
      /\bMCP (20\d\d-\d\d-\d\d)(?:, (?!(?:or|and|but|with|which|where|of|the|as|it|is|in|for|a|its|they)\b)([a-z][a-z -]*[a-z]))?/g,
    standard: ([, revision]) => `MCP ${revision}`,
    clause: ([, , part]) => part ?? '',
  },
  { pattern: /\bSEP-(\d+)/g, standard: () => 'MCP, proposals', clause: ([, number]) => `SEP-${number}` },
];

/** Comments that go over several lines are one text. */
const unwrapped = (text) => text.replace(/\n\s*(?:\*|\/\/)\s?/g, ' ').replace(/\s+/g, ' ');

function citationsIn(text) {
  return CITATIONS.flatMap(({ pattern, standard, clause }) =>
    [...unwrapped(text).matchAll(pattern)].map((match) => ({
      standard: standard(match),
      clause: clause(match),
    })),
  );
}

const isSpec = (path) => path.endsWith('.spec.ts');
const isProgram = (path) => !isSpec(path) && !path.endsWith('.fixture.ts') && !path.includes('/testing/');

/** Names of tests and of groups of them, as they are printed, and what cites a clause: the name, and a comment right above it. */
function titlesOf(path) {
  const titles = [];
  visit(parsed(path), (node) => {
    const own = ownTitle(node);
    if (own === undefined) return;
    titles.push({ title: groupsOf(node).join(' '), cites: `${commentsAbove(node)} ${own}` });
  });
  return titles;
}

const ownTitle = (node) =>
  ts.isCallExpression(node) && /^(test|it|describe)\b/.test(node.expression.getText())
    ? textOf(node.arguments[0])
    : undefined;

/** The name of a test or a group after those of the groups that it is in. */
function groupsOf(node) {
  if (node === undefined) return [];
  const own = ownTitle(node);
  return own === undefined ? groupsOf(node.parent) : [...groupsOf(node.parent), own];
}

function commentsAbove(node) {
  const text = node.getSourceFile().getFullText();
  const comments = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  return comments.map(({ pos, end }) => text.slice(pos, end)).join('\n');
}

/** The spec that proves a file lies beside it. */
function specBeside(path, specs) {
  const beside = path.replace(/(\.[a-z]+)?\.ts$/, '');
  return specs.find((spec) => spec === path.replace(/\.ts$/, '.spec.ts') || spec === `${beside}.spec.ts`);
}

function coverageSources() {
  const read = (path) => readFileSync(join(REPOSITORY, path), 'utf8');
  const files = filesBelow(['apps', 'libs', 'tests'], '.ts').filter(
    (path) => path.includes('/src/') || path.startsWith('tests/'),
  );
  const specs = files.filter(isSpec);
  const found = [];
  for (const path of files) {
    if (isSpec(path)) {
      const named = titlesOf(path).flatMap(({ title, cites }) =>
        citationsIn(cites).map((one) => ({ ...one, kind: 'test', path, title })),
      );
      const inside = citationsIn(read(path)).map((one) => ({ ...one, kind: 'test', path, title: '' }));
      found.push(...named, ...inside.filter((one) => !named.some((other) => isSame(one, other))));
    } else if (isProgram(path) && path.includes('/src/'))
      found.push(
        ...citationsIn(read(path)).map((one) => ({
          ...one,
          kind: 'code',
          path,
          spec: specBeside(path, specs),
        })),
      );
  }
  const divergences = read(DIVERGENCES)
    .split('\n')
    .filter((line) => /^\| (departs|stricter)/.test(line))
    .flatMap((line) => {
      const [, kind, what] = line.split('|').map((cell) => cell.trim());
      return citationsIn(line).map((one) => ({ ...one, kind, what }));
    });
  return { found, divergences };
}

const isSame = (one, other) => one.standard === other.standard && one.clause === other.clause;

const link = (path) => `[${path.split('/').at(-1)}](../../${path})`;
const unique = (items) => [...new Set(items)];

function rowOf(clause, all, divergences) {
  const own = all.filter((one) => one.clause === clause);
  const tests = own.filter(({ kind }) => kind === 'test');
  const code = own.filter(({ kind }) => kind === 'code');
  const beside = unique(code.map(({ spec }) => spec).filter((spec) => spec !== undefined));
  const named = unique(
    tests.map(({ path, title }) => (title === '' ? link(path) : `“${title}” (${link(path)})`)),
  );
  return [
    clause === '' ? 'as a whole' : clause,
    unique(code.map(({ path }) => link(path))).join(', '),
    named.join('; '),
    beside
      .filter((spec) => !tests.some(({ path }) => path === spec))
      .map(link)
      .join(', '),
    divergences
      .filter((one) => one.clause === clause)
      .map(({ kind, what }) => `${kind}: ${what}`)
      .join('; '),
  ];
}

const byNumber = (one, other) => one.localeCompare(other, 'en', { numeric: true });

function sectionOf(standard, { found, divergences }) {
  const own = found.filter((one) => one.standard === standard);
  const apart = divergences.filter((one) => one.standard === standard);
  const clauses = unique([...own, ...apart].map(({ clause }) => clause)).sort(byNumber);
  return [
    `## ${standard}`,
    table(
      [
        'clause',
        'code that cites it',
        'tests that name it',
        'specs beside that code',
        'where it is otherwise',
      ],
      clauses.map((clause) => rowOf(clause, own, apart)),
    ),
  ];
}

export const coveragePage = {
  path: 'docs/reference/spec-coverage.md',
  sources: coverageSources,
  text: (sources) => {
    const standards = unique([...sources.found, ...sources.divergences].map(({ standard }) => standard)).sort(
      byNumber,
    );
    const clauses = new Set(sources.found.map(({ standard, clause }) => `${standard} ${clause}`));
    const proven = new Set(
      sources.found
        .filter(({ kind, spec }) => kind === 'test' || spec !== undefined)
        .map(({ standard, clause }) => `${standard} ${clause}`),
    );
    return [
      '# Coverage of the standards',
      generatedFrom(`what code and tests cite, and [spec divergences](../spec-divergences.md)`),
      `${clauses.size} clauses are cited, of ${standards.length} standards and revisions; ${proven.size} of them by a test, or by code that has a spec beside it. A clause that nobody cites may be kept all the same: this page tells what somebody wrote down, and the [conformance suite of MCP](../mcp.md) is run as well (\`npm run conformance\`).`,
      '_Tests that name it_: the standard stands in the name of the test, right above it, or in its file. _Where it is otherwise_: we take less than the standard allows (stricter), or depart from it.',
      ...standards.flatMap((standard) => sectionOf(standard, sources)),
      '',
    ].join('\n\n');
  },
  drift: (sources) => ({
    ...sources,
    found: sources.found.filter(({ standard }) => standard !== 'RFC 7009'),
  }),
};
