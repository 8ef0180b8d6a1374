import { runCommandLine } from './command-line.js';

process.exitCode = await runCommandLine(process.argv.slice(2), process);
// Open connections and timers of libraries must not keep a finished command running.
process.exit();
