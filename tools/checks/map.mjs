/** The map (ARCHITECTURE.md, docs/flows and the pages that name files) names every room, and no path that is not there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOMS } from '../boundaries.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';

const MAP = 'ARCHITECTURE.md';
const pages = [MAP, 'docs/sealing.md', 'docs/spec-divergences.md', ...filesBelow(['docs/flows'], '.md')];
const textOf = (page) => readFileSync(join(REPOSITORY, page), 'utf8');

/** What is written as code and begins as paths of this repository do (`tools/call` is a method). Of `folder/*.ts` the folder has to exist. */
const PATH = /`(?!tools\/call`)((?:apps|libs|docs|infra|prisma|tests|tools|bench|examples)\/[^`\s]*)`/g;
const named = pages.flatMap((page) =>
  [...textOf(page).matchAll(PATH)].map(([, path]) => ({ page, path: path.replace(/\/[^/]*\*.*$/, '') })),
);
const lost = named
  .filter(({ path }) => !existsSync(join(REPOSITORY, path)))
  .map(({ page, path }) => `${page} names ${path}, which does not exist`);

/** The rows of the table under a project's heading: each begins with a room. */
function roomsUnder(project) {
  const [, section = ''] = textOf(MAP).split(new RegExp(`^### \`${project}\`$`, 'm'));
  const [own = ''] = section.split(/^##/m);
  return [...own.matchAll(/^\| `([\w-]+)\/`/gm)].map(([, room]) => room);
}
const unlike = Object.entries(ROOMS).flatMap(([project, rooms]) => {
  const written = roomsUnder(project);
  return [
    ...rooms
      .filter((room) => !written.includes(room))
      .map((room) => `${MAP} has no line for ${room} of ${project}`),
    ...written
      .filter((room) => !rooms.includes(room))
      .map((room) => `${MAP} has a line for ${room}, which is no room of ${project}`),
  ];
});
report([...lost, ...unlike], { looked: named.length });
