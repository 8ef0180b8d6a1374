/** Links, anchors and images of the repository's own pages lead somewhere, and so do the pages that code names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkProblems, mentionProblems } from '../docs/link-problems.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const textOf = (path) => readFileSync(join(REPOSITORY, path), 'utf8');

const pages = filesBelow(['.'], '.md');
const links = pages.flatMap((page) => linkProblems(page, textOf(page), REPOSITORY));

/** Code, and what configures: comments and messages that send a reader to a page. */
const ENDINGS = ['.ts', '.mjs', '.json', '.jsonc', '.yml', '.yaml', '.prisma', '.sql', '.sh', '.conf', '.md'];
const code = ENDINGS.flatMap((ending) =>
  filesBelow(['apps', 'libs', 'tests', 'tools', 'bench', 'infra', 'examples', 'prisma', 'docs'], ending),
).concat(pages.filter((page) => !page.includes('/')));
const mentions = code.flatMap((file) => mentionProblems(file, textOf(file), REPOSITORY));

report([...links, ...mentions], { looked: pages.length });
