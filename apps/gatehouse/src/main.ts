import { EXIT_CODES } from './cannot.js';
import { runCommandLine } from './command-line.js';
import { printed, whenNotPrinted } from './not-printed.js';

const print = whenNotPrinted(process);
const code = await runCommandLine(process.argv.slice(2), process);
await printed(process.stdout);
// Open connections and timers of libraries must not keep a finished command running.
process.exit(code === 0 && print.hasFailed() ? EXIT_CODES.notPrinted : code);
