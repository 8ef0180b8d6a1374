import type { Problem } from './problems.js';

/** All problems as one message: for a service that refuses to start and for `gatehouse validate` alike. */
export const renderProblems = (problems: readonly Problem[]): string =>
  render(problems, `The configuration has ${counted(problems.length, 'problem')}:`);

/** The same for what does not keep a service from starting. */
export const renderWarnings = (warnings: readonly Problem[]): string =>
  render(warnings, `The configuration has ${counted(warnings.length, 'warning')}:`);

/** The dependencies that did not answer while the service waited. The configuration itself is right. */
export const renderUnreachable = (away: readonly Problem[], waitedMs: number): string =>
  render(
    away,
    `Not started: after ${waitedMs / 1_000} s, ${counted(away.length, 'part')} that this service needs ${away.length === 1 ? 'does' : 'do'} not answer:`,
  );

const counted = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

const render = (problems: readonly Problem[], heading: string): string =>
  [heading, ...problems.map(renderProblem)].join('\n');

function renderProblem({ document, line, path, message, instead }: Problem): string {
  const place = line === undefined ? document : `${document}:${line}`;
  return [
    `  ${place}${path === '' ? '' : `  ${path}`}`,
    `    ${message}`,
    ...(instead === undefined ? [] : [`    write instead: ${instead}`]),
  ].join('\n');
}
