/**
 * `node tools/house.mjs`: how the house is built, in figures. Files and functions and their lengths, parameters, and which
 * rooms (the folders of a project) need one another in a circle. Tests and generated code do not count.
 * `tools/checks/room-circles.mjs` lets no circle be.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { REPOSITORY } from './set-up/repository.mjs';

const TEST = /\.(spec|fixture)\.ts$|\/testing\//;
const SKIPPED = new Set(['node_modules', 'dist', 'generated']);

const projects = ['apps', 'libs'].flatMap((root) =>
  readdirSync(join(REPOSITORY, root))
    .map((name) => `${root}/${name}`)
    .filter((project) => project !== 'libs/testing' && existsSync(join(REPOSITORY, project, 'src'))),
);

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* sources(path);
    } else if (entry.name.endsWith('.ts') && !TEST.test(path)) yield path;
  }
}

const percentile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: percentile(sorted, 0.5), p90: percentile(sorted, 0.9), max: sorted.at(-1) ?? 0 };
}

function facts(file) {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const functions = [];
  const imports = [];
  const visit = (node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const [first, last] = [node.getStart(source), node.getEnd()].map(
        (at) => source.getLineAndCharacterOfPosition(at).line,
      );
      functions.push({ lines: last - first + 1, parameters: node.parameters.length });
    }
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      imports.push(node.moduleSpecifier.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { lines: text.split('\n').length - 1, functions, imports };
}

/** The first folder below `src`; what lies beside it puts the rooms together and is none. */
const roomOf = (project, file) => {
  const path = relative(join(REPOSITORY, project, 'src'), file);
  return path.includes('/') ? path.split('/')[0] : undefined;
};

/** Rooms that need one another in a circle (Tarjan's strongly connected components, by reachability: there are few). */
function circles(needs) {
  const reachable = (from) => {
    const seen = new Set();
    const walk = (room) => {
      for (const next of needs.get(room) ?? [])
        if (!seen.has(next)) {
          seen.add(next);
          walk(next);
        }
    };
    walk(from);
    return seen;
  };
  const reach = new Map([...needs.keys()].map((room) => [room, reachable(room)]));
  const found = new Map();
  for (const [room, others] of reach) {
    if (!others.has(room)) continue;
    const circle = [...others].filter((other) => reach.get(other)?.has(room)).sort();
    found.set(circle.join(' '), circle);
  }
  return [...found.values()];
}

/**
 * Every project with its rooms, and the circles among them.
 * @param {(found: ReturnType<typeof facts>) => void} [measure] is told the facts of each file
 */
export function projectsWithCircles(measure = () => {}) {
  return projects.map((project) => {
    const needs = new Map();
    let count = 0;
    for (const file of sources(join(REPOSITORY, project, 'src'))) {
      const found = facts(file);
      count += 1;
      measure(found);
      const room = roomOf(project, file);
      if (room === undefined) continue;
      const others = needs.get(room) ?? new Set();
      needs.set(room, others);
      for (const path of found.imports.filter((one) => one.startsWith('.'))) {
        const other = roomOf(project, join(dirname(file), path));
        if (other !== undefined && other !== room) others.add(other);
      }
    }
    return { project, files: count, rooms: needs.size, circles: circles(needs) };
  });
}

function print() {
  /** @type {Record<'file' | 'function' | 'parameters', number[]>} */
  const figures = { file: [], function: [], parameters: [] };
  const rows = projectsWithCircles((found) => {
    figures.file.push(found.lines);
    figures.function.push(...found.functions.map((one) => one.lines));
    figures.parameters.push(...found.functions.map((one) => one.parameters));
  });
  console.log(`files       ${figures.file.length}, lines ${figures.file.reduce((sum, one) => sum + one, 0)}`);
  for (const [name, values] of Object.entries(figures)) {
    const { median, p90, max } = spread(values);
    console.log(`${name.padEnd(11)} median ${median}, p90 ${p90}, max ${max}`);
  }
  for (const { project, files, rooms, circles: found } of rows)
    console.log(
      `${project.padEnd(28)} files ${String(files).padStart(3)}  rooms ${String(rooms).padStart(2)}  ${
        found.length === 0 ? 'no circle' : found.map((circle) => `circle: ${circle.join(', ')}`).join('; ')
      }`,
    );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) print();
