/**
 * `node word.mjs PORT WORD [ARGUMENTS…]`: a word that runbooks use (docs/operate/README.md). The test that listens at the port does what it says.
 * Of a statement for Postgres, `:'name'` is a variable of the environment, as for psql.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

const [port, word, ...args] = process.argv.slice(2);
const input = word === 'sql' || word === 'written-into' ? readFileSync(0, 'utf8') : '';
/** @param {string} name */
const quoted = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`there is no variable ${name}`);
  return `'${value.replaceAll("'", "''")}'`;
};
const text = word === 'sql' ? input.replaceAll(/:'(\w+)'/g, (_all, name) => quoted(name)) : input;
// Not `fetch`, which gives up after five minutes: on a busy machine a word may take longer.
const asked = request({ host: '127.0.0.1', port, method: 'POST' });
asked.end(JSON.stringify({ word, args, text }));
const [answer] = await once(asked, 'response');
let said = '';
for await (const chunk of answer) said += String(chunk);
const isDone = answer.statusCode === 200;
(isDone ? process.stdout : process.stderr).write(said);
process.exitCode = isDone ? 0 : 1;
