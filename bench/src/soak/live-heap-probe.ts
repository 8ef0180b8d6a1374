/**
 * Loaded into the services that the soak starts, with `--expose-gc`. On SIGUSR2 it collects once, as V8 does by itself, and says what is
 * left. The inspector could be asked as well: closing it holds the event loop until its last connection is gone, and one that is
 * not gone for a minute is a minute in which nobody gets an answer.
 */
process.on('SIGUSR2', () => {
  void tell();
});

async function tell(): Promise<void> {
  await globalThis.gc?.({ type: 'major', execution: 'async' });
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write(`live heap: ${heapUsed + external} bytes\n`);
}
