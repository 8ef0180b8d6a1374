/**
 * A program of its own, started by `gatehouse up`, which writes to its standard input the process groups that it has
 * started. When that pipe ends, the starter has finished or died; the keeper then stops every group in order and ends.
 * So nothing keeps running, not even after SIGKILL.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { KeptGroups } from './kept-groups.js';

const groups = new KeptGroups();
// The keeper has its own session. A signal that reaches it all the same must not end it before its work is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => groups.obey(line));
await Promise.race([once(lines, 'close'), groups.asked]);
await groups.stop();
// The pipe is open still where an order said to stop.
process.exit();
