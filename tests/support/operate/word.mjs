/**
 * `node word.mjs PORT WORD [ARGUMENTS…]`: a word that runbooks use (docs/operate/README.md). The test that listens at the port does what it says.
 * Of a statement for Postgres, `:'name'` is a variable of the environment, as for psql.
 */
import { readFileSync } from 'node:fs';

const [port, word, ...args] = process.argv.slice(2);
const input = word === 'sql' || word === 'written-into' ? readFileSync(0, 'utf8') : '';
/** @param {string} name */
const quoted = (name) => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`there is no variable ${name}`);
  return `'${value.replaceAll("'", "''")}'`;
};
const text = word === 'sql' ? input.replaceAll(/:'(\w+)'/g, (_all, name) => quoted(name)) : input;
const answer = await fetch(`http://127.0.0.1:${port}`, {
  method: 'POST',
  body: JSON.stringify({ word, args, text }),
});
const said = await answer.text();
(answer.ok ? process.stdout : process.stderr).write(said);
process.exitCode = answer.ok ? 0 : 1;
