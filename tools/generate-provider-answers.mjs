/** Writes docs/provider-answers.md from the table that the specs hold the classifier to; with --check, exits 1 when the committed page differs. */
import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { BEHAVIOURS, PHASES } from '../apps/token-vault/dist/testing/provider-answer-table.js';

const PAGE = new URL('../docs/provider-answers.md', import.meta.url);

const MEANINGS = {
  used: 'It is used.',
  asks: 'The person gets a link to sign in at the provider again.',
  'asks at the second':
    'Everything is kept. If the provider says no a second time in a row, and the access token has ended, the person gets the link.',
  kept: 'Everything is kept and asked for again later; nobody is asked for anything, however often it happens.',
  unavailable:
    'It may pass: the person, or the caller, reads that the provider or the endpoint cannot be reached, and can try again.',
  error:
    'The page of the sign-in says that the provider answered with an error, and has a reference for the log.',
  'not valid': 'The page says that the answer was not valid, and has a reference for the log.',
  renews:
    'The subject token is renewed once, and exchanged again. If that is refused as well: `exchange_refused`.',
  refused: '`exchange_refused`: somebody has to look at the settings.',
  misconfigured: '`provider_misconfigured`: the log names what differs.',
};

const row = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const cells = BEHAVIOURS.flatMap(({ outcomes }) => Object.keys(outcomes)).length;
const text = `# What comes of a provider's answer

Generated from \`apps/token-vault/src/testing/provider-answer-table.ts\` by \`node tools/generate-provider-answers.mjs\`. Its ${cells}
outcomes are played against the vault's clients by \`apps/token-vault/src/providers/provider-answers.spec.ts\`. The meanings are written by
hand, from what providers document and from public bug reports (ADR [20](adr/0020-what-a-refusal-means.md)).

${Object.entries(MEANINGS)
  .map(([name, meaning]) => `- **${name}**: ${meaning}`)
  .join('\n')}

${row(['meaning', 'answer', ...PHASES])}
${row(['---', '---', ...PHASES.map(() => '---')])}
${BEHAVIOURS.map(({ meaning, said, outcomes }) =>
  row([meaning, said.name, ...PHASES.map((phase) => outcomes[phase] ?? '')]),
).join('\n')}
`;
const page = await format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });

if (process.argv.includes('--check')) {
  const committed = await readFile(PAGE, 'utf8').catch(() => '');
  if (committed !== page) {
    console.error(
      'docs/provider-answers.md is out of date. Build, then run: node tools/generate-provider-answers.mjs',
    );
    process.exitCode = 1;
  }
} else {
  await writeFile(PAGE, page);
}
