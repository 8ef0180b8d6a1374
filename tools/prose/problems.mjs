/** What is wrong with the prose of a page: sentences that are too long, words that say nothing, and other words than ours. */
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRetext from 'remark-retext';
import retextEnglish from 'retext-english';
import retextPassive from 'retext-passive';
import { unified } from 'unified';
import { VFile } from 'vfile';
import { FILLERS, TERMS } from './terms.mjs';

/** A sentence is read at once. Code and tables are not counted. */
const MOST_WORDS = 30;
/** Of the sentences of a page; the subject is what does something. Short pages have room for one or two. */
const MOST_PASSIVE = 0.25;
const ALWAYS_PASSIVE = 3;
/** Words that are nothing but a file, after its project or not, are a name, as code is: `config: refresh-tokens/theft.spec.ts`. */
const NAME_OF_A_FILE = /^([\w-]+: )?[\w./-]+\.(ts|mjs|md|json|ya?ml|prisma)$/;

/**
 * @typedef {{ type: string, value?: string | undefined, children?: readonly Node[] | undefined, position?: { start: { line: number } } | undefined }} Node
 * @typedef {{ line: number, text: string }} Problem
 */

/** @returns {Generator<Node>} */
function* nodesOf(/** @type {Node} */ node) {
  yield node;
  for (const child of node.children ?? []) yield* nodesOf(child);
}

const textOf = (/** @type {Node} */ node) => node.value ?? (node.children ?? []).map(textOf).join('');
const lineOf = (/** @type {Node} */ node) => node.position?.start.line ?? 0;

/** Front matter becomes empty lines, so that lines stay where they are. */
const withoutFrontMatter = (text) =>
  text.replace(/^---\n.*?\n---\n/s, (matter) => matter.replace(/[^\n]/g, ''));

/**
 * @param {string} text a page, as Markdown
 * @returns {Promise<Problem[]>}
 */
export async function proseProblems(text) {
  const source = withoutFrontMatter(text);
  const tree = unified().use(remarkParse).use(remarkGfm).parse(source);
  const words = [...nodesOf(tree)].filter(({ type }) => type === 'text').flatMap(wordProblems);
  return [...(await sentenceProblems(tree, source)), ...words].sort((a, b) => a.line - b.line);
}

/** @returns {Problem[]} */
function wordProblems(node) {
  if (NAME_OF_A_FILE.test(textOf(node))) return [];
  const found = (pattern) => [...textOf(node).matchAll(pattern)];
  const at = ({ index }) => lineOf(node) + textOf(node).slice(0, index).split('\n').length - 1;
  return [
    ...TERMS.flatMap(({ instead, of }) =>
      found(of).map((match) => ({ line: at(match), text: `"${match[0]}": the word is "${instead}"` })),
    ),
    ...found(FILLERS).map((match) => ({ line: at(match), text: `"${match[0]}" says nothing: leave it out` })),
  ];
}

/** @returns {Promise<Problem[]>} */
async function sentenceProblems(tree, text) {
  /** @type {Node[]} */
  const sentences = [];
  const collect = () => (prose) => {
    for (const node of nodesOf(prose)) if (node.type === 'SentenceNode') sentences.push(node);
  };
  const prose = unified().use(retextEnglish).use(collect).use(retextPassive);
  const file = new VFile(text);
  await unified()
    .use(remarkRetext, /** @type {Parameters<typeof remarkRetext>[0]} */ (/** @type {unknown} */ (prose)))
    .run(tree, file);
  return [...sentences.flatMap(lengthProblem), ...passiveProblem(file.messages, sentences)];
}

/** @returns {Problem[]} */
function passiveProblem(messages, sentences) {
  const { length } = messages;
  return length <= Math.max(ALWAYS_PASSIVE, sentences.length * MOST_PASSIVE)
    ? []
    : [
        {
          line: messages[0]?.line ?? 1,
          text: `${length} of ${sentences.length} sentences are passive: say who does it`,
        },
      ];
}

/** @returns {Problem[]} */
function lengthProblem(sentence) {
  const words = longestPart(sentence);
  const beginning = textOf(sentence).replace(/\s+/g, ' ').slice(0, 60);
  return words <= MOST_WORDS
    ? []
    : [{ line: lineOf(sentence), text: `${words} words, ${MOST_WORDS} at most: ${beginning}…` }];
}

/**
 * Middots part what would be a list: each part is read for itself. A sentence that begins with code, or follows a word that is an
 * abbreviation elsewhere (`id.`), is one to us and not to the parser.
 */
function longestPart(sentence) {
  const counts = [0];
  for (const node of sentence.children ?? []) {
    const text = textOf(node);
    if (node.type === 'WordNode') counts[counts.length - 1] += 1;
    if (/^·$|^[.?!]$|[a-z]{2}\.$/.test(text)) counts.push(0);
  }
  return Math.max(...counts);
}
