import { readFileSync } from 'node:fs';
import { anchorOf } from '../anchors.mjs';
import { sidebarOf } from '../sidebar.mjs';

/** What `npm run docs` has worked out for the generator; the environment is how it reaches a configuration file. */
const { base, outDir, cacheDir, description, version, pagesFile } = JSON.parse(
  process.env.GATEHOUSE_DOCS ?? '{}',
);
const pages = JSON.parse(readFileSync(pagesFile, 'utf8'));
const { sidebar, nav } = sidebarOf(pages);

/** What a diagram says is kept as text, and drawn in the browser by a script of this site. */
function drawDiagrams(markdown) {
  const asCode = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, index, ...rest) =>
    tokens[index].info.trim() === 'mermaid'
      ? `<Diagram text="${encodeURIComponent(tokens[index].content)}" />\n`
      : asCode(tokens, index, ...rest);
}

/** Pages are Markdown and nothing else: two braces in a sentence are two braces. */
function keepBraces(markdown) {
  const asText = markdown.renderer.rules.text;
  markdown.renderer.rules.text = (...all) => asText(...all).replaceAll('{{', '&#123;&#123;');
}

/** A corner of a table that says nothing heads nothing: somebody who hears the page would be told of a heading without a name. */
function keepCornersEmpty(markdown) {
  markdown.core.ruler.push('empty-corner', ({ tokens }) => {
    for (const [index, token] of tokens.entries())
      if (token.type === 'th_open' && tokens[index + 1].content === '')
        token.tag = tokens[index + 2].tag = 'td';
  });
}

export default {
  title: 'Gatehouse',
  description,
  lang: 'en',
  base,
  outDir,
  cacheDir,
  srcExclude: ['public/**'],
  appearance: true,
  lastUpdated: false,
  markdown: {
    // An address in a sentence is an example more often than a place to go to.
    linkify: false,
    anchor: { slugify: anchorOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (markdown) => {
      drawDiagrams(markdown);
      keepBraces(markdown);
      keepCornersEmpty(markdown);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [...nav, { text: version, link: '/versions.html', target: '_self' }],
    sidebar,
    externalLinkIcon: true,
  },
};
