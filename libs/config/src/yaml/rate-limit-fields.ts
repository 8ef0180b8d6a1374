import { DURATION_BOUNDS, TOKEN_BOUNDS } from '../model/bounds.js';
import { block, choice, count, list, text } from './fields.js';

/** How many calls may be made in a time. */
export const rateLimiting = block(
  'How many calls may be made in a time, over all replicas of the proxy together (`docs/authorization.md`).',
  {
    limits: list(
      block('One limit. A call has to be within all limits that are about it.', {
        name: text('dnsLabel', 'What refused callers and `/metrics` name; unique.'),
        per: list(
          choice(['user', 'client', 'tool', 'backend'], 'One of these.'),
          'What is counted apart: persons (in all their sign-ins), clients, tools, backends, or combinations. Empty: all calls together.',
        ).default([]),
        backends: list(text('identifier', 'Backend.'), 'The backends whose calls it counts.', {
          derived: 'all of them',
        }).exactOptional(),
        tools: list(
          text('toolPattern', 'Tool, by the name that the backend gives; `*` stands for any characters.'),
          'The tools whose calls it counts; other calls are not counted then.',
          { derived: 'every call, of prompts and resources as well' },
        ).exactOptional(),
        maxTokens: count(`Calls that can be made at once; ${TOKEN_BOUNDS.text}.`, TOKEN_BOUNDS),
        refillPeriod: text(
          'duration',
          `In this time as many calls can be made again; ${DURATION_BOUNDS.refill.text}.`,
        ),
      }),
      'Limits.',
    ).default([]),
    whenUnavailable: choice(
      ['local', 'refuse'],
      'While the bus cannot be asked. `local`: each replica has the whole limit to itself. `refuse`: calls that a limit is about are refused.',
    ).default('local'),
  },
);
