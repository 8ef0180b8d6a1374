import { DURATION_BOUNDS, PROCESS_BOUNDS } from '../model/bounds.js';
import { block, count, egress, flag, list, mapOf, secret, text } from './fields.js';

const VARIABLE = { name: 'variable', format: 'environmentName' } as const;

/** Fields of a backend that the bridge runs; they go with `command` alone (`haveUrlOrCommand`). */
export const stdioFields = {
  command: list(
    text('argument', 'The program, or one of its arguments.'),
    'Instead of `url`: a program and its arguments, for a server that speaks MCP on its standard input and output. `gatehouse bridge` runs one for each session, without a shell; the proxy never runs anything (`docs/stdio.md`). No secret belongs here: everybody on that machine sees arguments.',
  ).exactOptional(),
  env: mapOf(
    VARIABLE,
    text('argument', 'Value.'),
    'With `command`: variables of the program, beside `PATH` and `HOME` of the bridge. Nothing else of the bridge’s environment reaches it.',
  ).exactOptional(),
  secretEnv: mapOf(
    VARIABLE,
    secret('Value.'),
    'With `command`: further variables, whose values only the bridge reads.',
  ).exactOptional(),
  cwd: text(
    'filePath',
    'With `command`: working folder of the program; a relative path starts at the folder of the configuration.',
    { derived: 'the folder of the configuration' },
  ).exactOptional(),
  tokenEnv: text(
    'environmentName',
    'With `command`: the variable that gets the token that the strategy of this backend gives (`upstreamInject`, `tokenExchange`). It is that of the person whose session it is, from the start of the session; with another token the next call begins a new session.',
  ).exactOptional(),
  processes: block('With `command`: how many programs run, and how long.', {
    atOnce: count(
      `Programs of this backend; ${PROCESS_BOUNDS.text}. The one that is idle for the longest makes room for the next.`,
      PROCESS_BOUNDS,
    ).default(64),
    atOncePerPerson: count('Of one person, in all sign-ins together.', PROCESS_BOUNDS, {
      derived: 'a quarter of `atOnce`',
    }).exactOptional(),
    idleTimeout: text(
      'duration',
      `After so long without a request a program is ended; ${DURATION_BOUNDS.idleProgram.text}.`,
    ).default('10m'),
    startTimeout: text(
      'duration',
      `For its answer to \`initialize\`, and to a \`ping\` after a call that it did not answer; ${DURATION_BOUNDS.programStart.text}.`,
    ).default('30s'),
  }).exactOptional(),
};

export const bridge = block(
  'The process that runs backends with a `command`: `gatehouse bridge` (`docs/stdio.md`).',
  {
    url: text('baseUrl', 'Where the proxy reaches it.', {
      derived: 'from `listen.bridge`',
    }).exactOptional(),
    secret: secret(
      'By which the bridge knows the proxy: both read it; at least 32 characters of ASCII, no blanks. Needed with a `command`, except with `allowWithoutSecret`.',
    ).exactOptional(),
    allowWithoutSecret: flag(
      'Takes calls without a secret. Only on a loopback address, where every program of that machine can then run the backends’ tools.',
    ),
    ...egress,
  },
);
