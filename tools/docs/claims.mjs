/** A claim of README stands as long as what shows it is there: a test of that name, a command of that name, a page. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const HEADER = /^\|\s*Claim\s*\|\s*Shown by\s*\|\s*$/m;
const LINK = /\[([^\]]+)\]\(([^)\s]+)\)/g;
const SCRIPT = /`npm (?:run )?([\w:-]+)[^`]*`/g;

/** The rows of the table of claims: what is claimed, and what shows it. */
export function claimsOf(text) {
  const header = HEADER.exec(text);
  if (header === null) return [];
  const [, , ...lines] = text.slice(header.index).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end === -1 ? undefined : end).map((line) => {
    const [claim = '', proof = ''] = line.slice(1, -1).split('|');
    return { claim: claim.trim(), proof };
  });
}

export function claimProblems(source, text, repository) {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  return claimsOf(text).flatMap(({ claim, proof }) => {
    const links = [...proof.matchAll(LINK)];
    const commands = [...proof.matchAll(SCRIPT)].map(([, name]) => name);
    const isShown = commands.length > 0 || links.some(([, , href]) => href.endsWith('.spec.ts'));
    return [
      ...(isShown ? [] : [`${source}: “${claim}” is shown by no command and no test`]),
      ...commands
        .filter((name) => scripts[name] === undefined)
        .map((name) => `${source}: “${claim}” is shown by npm run ${name}, which does not exist`),
      ...links.flatMap(([, name, href]) => testProblems(source, { claim, name, href }, repository)),
    ];
  });
}

/** The words of a link to a spec are words of the name of one of its tests. */
function testProblems(source, { claim, name, href }, repository) {
  if (!href.endsWith('.spec.ts')) return [];
  const path = join(repository, normalize(join(dirname(source), href)));
  if (existsSync(path) && namesOfTests(readFileSync(path, 'utf8')).some((one) => one.includes(name)))
    return [];
  return [`${source}: “${claim}” is shown by a test that ${href} does not have: ${name}`];
}

const namesOfTests = (text) =>
  [...text.matchAll(/\b(?:test|describe)(?:\.each[^]*?\])?\)?\(\s*(['"`])(.*?)\1,?/g)].map(
    ([, , name]) => name,
  );
