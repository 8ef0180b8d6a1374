import type { Problem } from './problems.js';

/** All problems as one message: for a service that refuses to start and for `gatehouse validate` alike. */
export function renderProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
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
