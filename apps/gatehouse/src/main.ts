import { runCommandLine } from './command-line.js';
import { printed, whenNotPrinted } from './not-printed.js';

whenNotPrinted(process);
process.exitCode = await runCommandLine(process.argv.slice(2), process);
await printed(process.stdout);
// Open connections and timers of libraries must not keep a finished command running.
process.exit();
