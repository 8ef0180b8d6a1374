import { SECTIONS } from './navigation.mjs';
import { withoutRemarks } from './stage.mjs';

/** Too long and too old to be of use to a program that reads everything. */
const LEFT_OUT_OF_ALL = new Set(['CHANGELOG.md', 'SECURITY.md']);

/** `llms.txt` (llmstxt.org): what there is to read, each page with its Markdown. */
export function listForAgents(pages, { base, description }) {
  const lines = SECTIONS.flatMap(({ title }) => {
    const own = pages.filter(({ section }) => section === title);
    return own.length === 0
      ? []
      : [
          '',
          `## ${title === 'Decisions' ? 'Optional' : title}`,
          '',
          ...own.map((page) => `- [${page.title}](${base}${page.path}.md)${summary(page)}`),
        ];
  });
  return `# Gatehouse\n\n> ${description}\n\nEverything in one file: [llms-full.txt](${base}llms-full.txt)\n${lines.join('\n')}\n`;
}

/** Every page but the decisions, one after the other. */
export function allForAgents(pages) {
  return pages
    .filter(({ source, section }) => section !== 'Decisions' && !LEFT_OUT_OF_ALL.has(source))
    .map(({ source, text }) => `<!-- ${source} -->\n\n${withoutRemarks(text).trim()}\n`)
    .join('\n');
}

/** The first sentence of the page. */
function summary({ text }) {
  const paragraph = text
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .find((part) => /^[\p{L}*`[]/u.test(part));
  const sentence = /^.*?[.:](?=\s|$)/s.exec(paragraph ?? '')?.[0] ?? '';
  const plain = sentence
    .replace(/\s+/g, ' ')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[.:]$/, '');
  return plain === '' ? '' : `: ${plain}`;
}
