/** docs/reference/cli.md: every command as the program itself has it defined. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { EXIT_CODES } from '../../apps/gatehouse/dist/cannot.js';
import { runCommandLine } from '../../apps/gatehouse/dist/command-line.js';
import { SERVICES } from '@gatehouse/kernel/services';
import { REPOSITORY } from '../set-up/repository.mjs';
import { code, generatedFrom, plainText, table } from './markdown.mjs';
import { parsed, programFiles, textOf, visit } from './sources.mjs';

/** Each file adds one command, or one group of them. */
const COMMANDS = 'apps/gatehouse/src/commands';

/** The program that `runCommandLine` makes, taken at the moment when it would read what was typed. */
async function definedProgram() {
  const { Command } = createRequire(join(REPOSITORY, 'apps/gatehouse/package.json'))('commander');
  const parseAsync = Command.prototype.parseAsync;
  const kept = [];
  Command.prototype.parseAsync = async function () {
    kept.push(this);
    return await Promise.resolve(this);
  };
  try {
    await runCommandLine([], /** @type {never} */ ({ stdout: {}, stderr: {}, env: {} }));
  } finally {
    Command.prototype.parseAsync = parseAsync;
  }
  return kept[0];
}

const plain = (value) => (typeof value === 'string' ? value.replace(`${REPOSITORY}/`, '') : value);

/** Every command that does something, by its whole name. */
function commandsOf(command, above = []) {
  const names = [...above, command.name()];
  if (command.commands.length > 0) return command.commands.flatMap((one) => commandsOf(one, names));
  return [
    {
      name: names.join(' '),
      about: command.description(),
      usage: `${names.join(' ')} ${command.usage()}`,
      options: command.options.map(({ flags, description, mandatory, defaultValue }) => ({
        flags,
        description,
        mandatory,
        fallback: plain(defaultValue),
      })),
    },
  ];
}

/** The groups of a file, by the variable that holds them: `const audit = program.command('audit')`. */
function groupsIn(file) {
  const groups = new Map();
  visit(file, (node) => {
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return;
    visit(node.initializer, (inner) => {
      if (ts.isCallExpression(inner) && inner.expression.getText().endsWith('.command'))
        groups.set(node.name.getText(), textOf(inner.arguments[0]));
    });
  });
  return groups;
}

/** The file that each command loads, by its name behind that of the program. */
function loadedBy() {
  const loads = new Map();
  for (const path of programFiles([COMMANDS])) {
    const file = parsed(path);
    const groups = groupsIn(file);
    visit(file, (node) => {
      if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return;
      let chain = node.parent;
      while (
        chain !== undefined &&
        !(ts.isCallExpression(chain) && chain.expression.getText().endsWith('.action'))
      )
        chain = chain.parent;
      visit(chain ?? node, (inner) => {
        if (!ts.isCallExpression(inner) || !ts.isPropertyAccessExpression(inner.expression)) return;
        if (inner.expression.name.text !== 'command') return;
        const group = groups.get(inner.expression.expression.getText());
        const name = [group, textOf(inner.arguments[0])].filter((word) => word !== undefined).join(' ');
        loads.set(name, join(dirname(path), (textOf(node.arguments[0]) ?? '').replace(/\.js$/, '.ts')));
      });
    });
  }
  return loads;
}

/** A file of the commands and every one of theirs that it needs. */
function reached(path, seen = new Set()) {
  if (seen.has(path) || !existsSync(join(REPOSITORY, path))) return seen;
  seen.add(path);
  visit(parsed(path), (node) => {
    const from = ts.isImportDeclaration(node) ? textOf(node.moduleSpecifier) : undefined;
    if (from?.startsWith('.')) reached(normalize(join(dirname(path), from.replace(/\.js$/, '.ts'))), seen);
  });
  return seen;
}

/** How it ends where `Cannot` says nothing, and where a command gives a number of its own. */
function endingsOf(path) {
  const found = new Set([0, EXIT_CODES.usage]);
  for (const file of reached(path))
    visit(parsed(file), (node) => {
      if (ts.isNewExpression(node) && node.expression.getText() === 'Cannot')
        found.add(EXIT_CODES[textOf(node.arguments?.[1]) ?? 'failed']);
      if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'EXIT_CODES')
        found.add(EXIT_CODES[node.name.text]);
      if (ts.isReturnStatement(node) && node.expression !== undefined)
        for (const number of chosenNumbers(node.expression)) found.add(number);
    });
  return [...found].sort((one, other) => one - other);
}

/** `return isRight ? 0 : 1`, or the name of such a number. */
function chosenNumbers(expression) {
  if (!ts.isConditionalExpression(expression)) return [];
  const ends = [expression.whenTrue, expression.whenFalse].map(
    (end) => constantsIn(end).get(end.getText()) ?? Number(end.getText()),
  );
  return ends.every((end) => Number.isInteger(end)) && ends.includes(0) ? ends : [];
}

/** Numbers that have a name in a file. */
function constantsIn(node) {
  const constants = new Map();
  visit(node.getSourceFile(), (inner) => {
    if (
      ts.isVariableDeclaration(inner) &&
      inner.initializer !== undefined &&
      ts.isNumericLiteral(inner.initializer)
    )
      constants.set(inner.name.getText(), Number(inner.initializer.text));
  });
  return constants;
}

/** How a service ends: its life is one function's (`runService`). */
function serviceEndings() {
  const files = programFiles(['libs/service-process/src']).map(parsed);
  const constants = new Map(files.flatMap((file) => [...constantsIn(file)]));
  const found = new Set([0]);
  for (const file of files)
    visit(file, (node) => {
      const text = node.getText();
      if (ts.isIdentifier(node) && /^EX_[A-Z]+$/.test(text)) found.add(constants.get(text));
      // `process.exit(isOutage ? EX_TEMPFAIL : 1)`
      if (ts.isCallExpression(node) && node.expression.getText() === 'process.exit')
        visit(node.arguments[0] ?? node.expression, (inner) => {
          if (ts.isNumericLiteral(inner)) found.add(Number(inner.text));
        });
    });
  return [...found].sort((one, other) => one - other);
}

async function cliSources() {
  const loads = loadedBy();
  const commands = commandsOf(await definedProgram());
  return {
    endings: serviceEndings(),
    services: SERVICES,
    commands: commands.map((command) => {
      const file = loads.get(command.name.split(' ').slice(1).join(' '));
      if (file === undefined) throw new Error(`it is not known what ${command.name} loads`);
      return { ...command, file, endings: endingsOf(file) };
    }),
  };
}

const optionRow = ({ flags, description, mandatory, fallback }) => [
  code(flags),
  mandatory ? 'has to be given' : fallback === undefined ? '' : `default ${code(fallback)}`,
  plainText(description),
];

export const cliPage = {
  path: 'docs/reference/cli.md',
  sources: cliSources,
  text: ({ commands, services, endings: ofServices }) =>
    [
      '# Commands',
      generatedFrom('the definitions by which `gatehouse` reads what is typed'),
      'Each command has `--help`. What an exit code means is in [exit codes](../exit-codes.md); those of a command are the ones that its own files can end with.',
      table(
        ['command', 'does'],
        commands.map(({ name, about }) => [
          `[${code(name)}](#${name.replaceAll(' ', '-')})`,
          plainText(about),
        ]),
      ),
      ...commands.flatMap(({ name, about, usage, options, endings, file }) => [
        `## ${name}`,
        plainText(`${about[0].toUpperCase()}${about.slice(1)}.`),
        `\`\`\`text\n${usage}\n\`\`\``,
        options.length === 0 ? '' : table(['option', 'without it', 'about'], options.map(optionRow)),
        `Exit codes: ${endings.map((end) => code(end)).join(', ')}. Source: [${file}](../../${file}).`,
      ]),
      '## Services',
      `The three services are programs of their own: ${services.map((name) => code(`apps/${name}/dist/main.js`)).join(', ')}. Each takes \`--config <file>\`; without it, the environment variable \`GATEHOUSE_CONFIG\`, else \`gatehouse.yaml\` in the working folder.`,
      `Exit codes: ${ofServices.map((end) => code(end)).join(', ')}. Source: [libs/service-process/src/run-service.ts](../../libs/service-process/src/run-service.ts).`,
      '',
    ].join('\n\n'),
  drift: (sources) => {
    const [first, ...rest] = sources.commands;
    const options = [...first.options, { flags: '--planted', description: 'Planted.' }];
    return { ...sources, commands: [{ ...first, options }, ...rest] };
  },
};
