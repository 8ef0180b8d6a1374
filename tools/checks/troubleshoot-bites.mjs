/** The check of the page for troubleshooting finds what goes stale there: one of each kind is planted. */
import { sourceOf, troubleshootProblems } from '../documented/troubleshoot-problems.mjs';
import { report } from './report.mjs';

const PRODUCT = {
  source: sourceOf(["title: `${provider} cannot be reached`,\n'It is away. ' +\n  'Wait.'"]),
  events: new Set(['call-failed']),
  codes: ['busy'],
};
const ROW = '| [`busy`](../failure-modes.md#busy) | limits | `call-failed` |';
const GOOD = `| “… cannot be reached” | a | b |\n| “It is away. Wait.” | a | b |\n${ROW}\n\n## By log line\n\n| \`call-failed\` | a | b |\n`;
/** What is planted, and what is said of it. */
const PLANTS = [
  [GOOD.replace('cannot be reached', 'is not there'), 'nothing in the product says “… is not there”'],
  [GOOD.replace('`call-failed` |\n\n', '`call-ended` |\n\n'), 'there is no log line call-ended'],
  [GOOD.replace('| `call-failed` | a', '| `call-lost` | a'), 'there is no log line call-lost'],
  [GOOD.replace(ROW, ''), 'the table of error codes has no row for busy'],
];

const problemsOf = (page) => troubleshootProblems(page, PRODUCT).problems;
report(
  [
    ...problemsOf(GOOD).map((problem) => `a page that is right is refused: ${problem}`),
    ...PLANTS.filter(([page, said]) => problemsOf(page).join() !== said).map(
      ([page, said]) => `not found, or not alone: ${said} (${problemsOf(page).join()})`,
    ),
  ],
  { looked: PLANTS.length },
);
