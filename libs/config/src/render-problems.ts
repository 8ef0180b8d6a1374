import type { Problem } from './problems.js';

/** All problems as one message: for a service that refuses to start and for `gatehouse validate` alike. */
export const renderProblems = (problems: readonly Problem[]): string => render(problems, 'problem');

/** The same for what does not keep a service from starting. */
export const renderWarnings = (warnings: readonly Problem[]): string => render(warnings, 'warning');

function render(problems: readonly Problem[], kind: string): string {
  const count = problems.length === 1 ? `1 ${kind}` : `${problems.length} ${kind}s`;
  return [`The configuration has ${count}:`, ...problems.map(renderProblem)].join('\n');
}

function renderProblem({ document, line, path, message, instead }: Problem): string {
  const place = line === undefined ? document : `${document}:${line}`;
  return [
    `  ${place}${path === '' ? '' : `  ${path}`}`,
    `    ${message}`,
    ...(instead === undefined ? [] : [`    write instead: ${instead}`]),
  ].join('\n');
}
