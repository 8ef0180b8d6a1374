/** The check of prose finds what it is for: one bad sentence of each kind is planted, and good ones are left alone. */
import { proseProblems } from '../prose/problems.mjs';
import { report } from './report.mjs';

const LONG = `The gateway ${'and the vault '.repeat(12)}wait.`;
const PASSIVE = ['is held', 'was taken', 'is kept', 'is sent', 'was written', 'is found']
  .map((verb) => `The row ${verb}.`)
  .join('\n\n');
/** A page, the line of the problem, and what is said of it. */
const PLANTS = [
  ['A sentence that is too long', `# Page\n\n${LONG}\n`, 3, 'words, 30 at most'],
  [
    'another word for a thing',
    '# Page\n\nThe auth server answers.\n',
    3,
    'the word is "authorization server"',
  ],
  ['the same in a table', '| a |\n| - |\n| an ID token |\n', 3, 'the word is "id_token"'],
  ['the same below front matter', '---\norder: 1\n---\n\nA resource server.\n', 5, '"protected resource"'],
  ['the same in a link', '# Page\n\nSee [the config: it is long](a.md).\n', 3, 'the word is "configuration"'],
  [
    'the same beside the name of a file',
    '[a.spec.ts](a.spec.ts)<br>a config of theft.spec.ts\n',
    1,
    '"config"',
  ],
  ['a word that says nothing', '# Page\n\nYou simply start it.\n', 3, '"simply" says nothing'],
  ['a page that says who does nothing', PASSIVE, 1, '6 of 6 sentences are passive'],
];
const GOOD = [
  'The authorization server gives an access token, a refresh token and an id_token.\n',
  'Write `config` and `auth server`:\n\n```yaml\nauth server: simply\n```\n',
  `[${'one '.repeat(20)}](a.md) · [${'two '.repeat(20)}](b.md)\n`,
  '[config: refresh-tokens/theft.spec.ts](a.spec.ts)<br>[refresh-tokens/theft.spec.ts](b.spec.ts)\n',
  `| a | b |\n| - | - |\n| ${'one '.repeat(40)} | two |\n`,
  `- \`config\`: it waits\n- ${'one '.repeat(20)}\n- ${'two '.repeat(20)}\n`,
  'The row is sealed. The vault opens it.\n',
];

const planted = PLANTS.map(async ([what, text, line, said]) => {
  const found = await proseProblems(String(text));
  return found.length === 1 && found[0].line === line && found[0].text.includes(String(said))
    ? []
    : [`${what} is not found, or not alone: ${JSON.stringify(found)}`];
});
const left = GOOD.map(async (text) =>
  (await proseProblems(text)).map((problem) => `a good sentence is refused: ${problem.text}`),
);
report((await Promise.all([...planted, ...left])).flat(), { looked: PLANTS.length + GOOD.length });
