/** docs/reference/events.md: every line that a log can have, from the calls that write it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from '../checks/files.mjs';
import { REPOSITORY } from '../set-up/repository.mjs';
import { code, codes, generatedFrom, table } from './markdown.mjs';
import { eventSources } from './written-lines.mjs';

/** Pages written by hand that speak of an event. */
function pagesByEvent() {
  const found = new Map();
  for (const path of filesBelow(['docs'], '.md').sort()) {
    if (/^docs\/(reference|adr|providers)\//.test(path)) continue;
    for (const [, event] of readFileSync(join(REPOSITORY, path), 'utf8').matchAll(/`([a-z]+(?:-[a-z]+)+)`/g))
      found.set(event, [...new Set([...(found.get(event) ?? []), path])]);
  }
  return found;
}

/** All lines of one name are one event. */
function eventsOf(lines) {
  const events = new Map();
  for (const { event, ...line } of lines) {
    const known = events.get(event) ?? {
      levels: new Set(),
      services: new Set(),
      members: new Set(),
      paths: new Set(),
    };
    events.set(event, known);
    known.levels.add(line.level);
    known.services.add(line.service);
    known.paths.add(line.path);
    for (const member of line.members) known.members.add(member);
  }
  return [...events].sort(([one], [other]) => one.localeCompare(other, 'en'));
}

const seeOf = (event, pages) =>
  (pages.get(event) ?? [])
    .map((path) => `[${path.slice('docs/'.length, -'.md'.length)}](../${path.slice('docs/'.length)})`)
    .join(', ');

const rowsOf = (lines, pages) =>
  eventsOf(lines).map(([event, { levels, services, members, paths }]) => [
    code(event),
    [...levels].sort().join(', '),
    [...services].sort().join(', '),
    codes([...members].sort()),
    [...paths]
      .sort()
      .map((path) => `[${path.split('/').at(-1)}](../../${path})`)
      .join(', '),
    seeOf(event, pages),
  ]);

const HEAD = ['event', 'level', 'written by', 'members', 'source', 'see'];

export const eventsPage = {
  path: 'docs/reference/events.md',
  sources: () => ({ ...eventSources(), pages: pagesByEvent() }),
  text: ({ lines, unread, pages }) => {
    if (unread.length > 0)
      throw new Error(`events that cannot be read from the source:\n${unread.join('\n')}`);
    return [
      '# Events: lines of the log',
      generatedFrom('the calls that write them'),
      [
        '- A service writes one JSON object a line to standard output: `level`, `time`, `service`, with several workers `worker`, then the members, then `event`.',
        '- A member without a value is left out. Its values are ids, names and numbers: no token, code or secret, and nothing that a request brought unless it was looked at.',
        '- _Level_ `info, warn or error`: `error` where the failure is ours (`owner` is `us`), `info` where a client or a person has to act and it is no sign of an attack, else `warn`. `errorCode` leads to [failure modes](../failure-modes.md). Where they are known, such a line has `provider`, `backend`, `status` (HTTP), `upstreamError` (the other side’s own word) and `reference` (what the person or the client was shown), too.',
        '- _Written by_ `any`: by a library that several services have.',
      ].join('\n'),
      '## Events',
      table(
        HEAD,
        rowsOf(
          lines.filter(({ level }) => level !== 'audit'),
          pages,
        ),
      ),
      '## Audit lines',
      'Only with `telemetry.audit.enabled`. Each has `category` (`audit`), `process` and `seq` as well ([telemetry](../telemetry.md#audit-lines)).',
      table(
        HEAD,
        rowsOf(
          lines.filter(({ level }) => level === 'audit'),
          pages,
        ),
      ),
      '',
    ].join('\n\n');
  },
  drift: (sources) => ({
    ...sources,
    lines: sources.lines.map((line, at) => (at === 0 ? { ...line, event: `${line.event}-planted` } : line)),
  }),
  refused: (sources) => ({ ...sources, unread: ['planted'] }),
};
