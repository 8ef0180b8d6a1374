/**
 * How a check ends: without problems quietly, else with one line for each and exit code 1. A check that looked at nothing
 * has failed: it would go on passing when what it guards has moved away.
 */
export function report(problems, { looked }) {
  const all = looked > 0 ? problems : ['there was nothing to look at'];
  for (const problem of all) console.log(problem);
  process.exitCode = all.length === 0 ? 0 : 1;
}
