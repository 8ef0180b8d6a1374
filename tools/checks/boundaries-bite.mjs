/** Our own rules are lint configuration, and such rules have been seen to do nothing: plant what they forbid and expect red. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { MAY_IMPORT, MESSAGE_SEALING, MESSAGE_SEALING_ONLY, ROOMS, SEAMS } from '../boundaries.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { report } from './report.mjs';

const RULE = 'no-restricted-imports';
const LISTENER_RULE = 'no-restricted-syntax';
// The planted files exist in memory only, so nothing is left behind; rules that need types have no project for them.
const eslint = new ESLint({
  cwd: REPOSITORY,
  ruleFilter: ({ ruleId }) => ruleId === RULE || ruleId === LISTENER_RULE,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

const folderOf = (project) =>
  existsSync(join(REPOSITORY, 'apps', project)) ? `apps/${project}` : `libs/${project}`;

/** Which of some imports the rules refuse in a file of a project. */
async function refused(project, fileName, specifiers) {
  const code = specifiers
    .map((specifier, index) => `import * as planted${index} from '${specifier}';\n`)
    .join('');
  const [result] = await eslint.lintText(code, {
    filePath: join(REPOSITORY, folderOf(project), 'src', fileName),
  });
  const fatal = result.messages.find((message) => message.fatal);
  if (fatal !== undefined) throw new Error(`${project}/${fileName}: ${fatal.message}`);
  const lines = new Set(result.messages.filter(({ ruleId }) => ruleId === RULE).map(({ line }) => line));
  return new Set(specifiers.filter((_, index) => lines.has(index + 1)));
}

/** @type {string[]} */
const problems = [];
let looked = 0;

async function expect(project, fileName, specifier, isForbidden) {
  looked += 1;
  const isRefused = (await refused(project, fileName, [specifier])).has(specifier);
  if (isRefused === isForbidden) return;
  problems.push(`${project}/${fileName}: importing ${specifier} is ${isRefused ? 'refused' : 'let through'}`);
}

for (const [project, allowed] of Object.entries(MAY_IMPORT)) {
  const others = Object.keys(MAY_IMPORT).filter((other) => other !== project);
  const specifierOf = (other) =>
    other === 'sealing' && MESSAGE_SEALING_ONLY.includes(project)
      ? MESSAGE_SEALING
      : `@gatehouse/${other}/planted`;
  const specifiers = others.map(specifierOf);
  const red = await refused(project, 'planted.ts', specifiers);
  for (const other of others) {
    looked += 1;
    const shouldBeRed = !allowed.includes(other);
    if (red.has(specifierOf(other)) !== shouldBeRed)
      problems.push(`${project} importing ${other} is ${shouldBeRed ? 'let through' : 'refused'}`);
  }
  await expect(project, 'planted.ts', '../../../libs/kernel/src/secret.js', true);
  for (const [name, owners] of Object.entries(SEAMS))
    await expect(project, 'planted.ts', name, !owners.includes(project));
}

// The proxy may open messages for it, and may not come near what seals stored tokens.
for (const project of MESSAGE_SEALING_ONLY) {
  await expect(project, 'planted.ts', '@gatehouse/sealing/envelope', true);
  await expect(project, 'deep/planted.ts', '@gatehouse/sealing/envelope', true);
  await expect(project, 'planted.ts', MESSAGE_SEALING, false);
}
// Specs may use the testing project; the code that ships may not.
await expect('token-vault', 'planted.spec.ts', '@gatehouse/testing/planted', false);
await expect('token-vault', 'planted.ts', '@gatehouse/testing/planted', true);
await expect('token-vault', 'testing/planted.ts', '@gatehouse/testing/planted', false);
await expect('token-vault', 'refresh/planted.ts', '../testing/planted.js', true);
await expect('testing', 'planted.ts', '@gatehouse/token-vault/planted', true);

// The rooms of an app stand one above the other, and each has its floor.
const NO_ROOMS = new Set(['generated', 'testing']);
for (const [project, order] of Object.entries(ROOMS)) {
  const folders = readdirSync(join(REPOSITORY, folderOf(project), 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NO_ROOMS.has(entry.name))
    .map(({ name }) => name);
  if (folders.sort().join(' ') !== [...order].sort().join(' '))
    problems.push(`${project} has the rooms ${folders.join(', ')}, and ROOMS names ${order.join(', ')}`);
  for (const [floor, room] of order.entries()) {
    const others = order.filter((other) => other !== room);
    const red = await refused(project, `${room}/planted.ts`, [
      ...others.map((other) => `../${other}/planted.js`),
      '../planted.js',
      './planted.js',
    ]);
    looked += others.length;
    for (const other of others) {
      const isAbove = order.indexOf(other) > floor;
      if (red.has(`../${other}/planted.js`) !== isAbove)
        problems.push(`${project}: ${room} importing ${other} is ${isAbove ? 'let through' : 'refused'}`);
    }
    if (!red.has('../planted.js'))
      problems.push(`${project}: ${room} may import what stands beside the rooms`);
    if (red.has('./planted.js')) problems.push(`${project}: ${room} may not import its own files`);
    await expect(project, `${room}/planted.spec.ts`, `../${order.at(-1)}/planted.js`, false);
  }
}

// Every HTTP server of a service has its limits.
for (const [code, isForbidden] of [
  ["import { createServer } from 'node:http';", true],
  ["import { createServer as listen } from 'node:https';", true],
  ['new FastifyAdapter();', true],
  ['new FastifyAdapter({ bodyLimit: 1 });', true],
  ['new FastifyAdapter({ serverFactory: limited });', false],
  ["import { type Server } from 'node:http';", false],
])
  for (const service of ['authorization-server', 'token-vault', 'vmcp-proxy']) {
    looked += 1;
    const [{ messages }] = await eslint.lintText(`${code}\n`, {
      filePath: join(REPOSITORY, 'apps', service, 'src/planted.ts'),
    });
    if (messages.some(({ ruleId }) => ruleId === LISTENER_RULE) !== isForbidden)
      problems.push(`${service}: ${code} is ${isForbidden ? 'let through' : 'refused'}`);
  }

// What is injected is private.
for (const [parameter, isForbidden] of [
  ['readonly log: Log', true],
  ['public log: Log', true],
  ['private readonly log: Log', false],
  ['protected readonly log: Log', false],
  ['log: Log', false],
])
  for (const file of ['apps/vmcp-proxy/src/planted.ts', 'libs/persistence/src/planted.ts']) {
    looked += 1;
    const [{ messages }] = await eslint.lintText(
      `@Injectable()\nexport class Planted {\n  constructor(${parameter}) {}\n}\n`,
      { filePath: join(REPOSITORY, file) },
    );
    if (messages.some(({ ruleId }) => ruleId === LISTENER_RULE) !== isForbidden)
      problems.push(`${file}: injecting \`${parameter}\` is ${isForbidden ? 'let through' : 'refused'}`);
  }

report(problems, { looked });
