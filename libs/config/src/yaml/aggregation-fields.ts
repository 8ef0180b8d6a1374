import { z } from 'zod';
import { MAX_NAME_LENGTH_OF_HOSTS, NAME_LENGTH_BOUNDS } from '../model/bounds.js';
import { block, choice, count, facts, flag, list, mapOf, text } from './fields.js';

/** Left out, it says nothing; `false` says something. */
const hint = (about: string) => z.boolean().register(facts, { about }).exactOptional();

const annotations = block(
  'Annotations of the tool; each that is written takes the place of the backend’s, the others stay.',
  {
    title: text('identifier', 'Title for people.').exactOptional(),
    readOnlyHint: hint('The tool changes nothing.'),
    destructiveHint: hint('The tool may destroy something.'),
    idempotentHint: hint('Calling it again with the same arguments does nothing more.'),
    openWorldHint: hint('The tool deals with an open world of others.'),
  },
);

const workload = text('identifier', 'Name of the backend.');

const tools = list(
  block('Tools of one backend.', {
    workload,
    filter: list(
      text('identifier', 'Tool.'),
      'The only tools that are listed and can be called, by the name that the backend gives.',
      {
        derived: 'every tool',
      },
    ).exactOptional(),
    overrides: mapOf(
      { name: 'tool', format: 'identifier' },
      block('Changes to one tool.', {
        name: text('toolName', 'New name.').exactOptional(),
        description: text('identifier', 'New description.').exactOptional(),
        annotations: annotations.exactOptional(),
      }),
      'Changes by the name that the backend gives.',
    ).prefault({}),
    excludeAll: flag('No tool of this backend is listed or can be called.'),
  }),
  'Selection and renaming.',
).default([]);

/** How what the backends offer becomes one list. */
export const aggregation = block('How the tools, prompts and resources of all backends become one list.', {
  conflictResolution: choice(
    ['prefix', 'priority', 'manual'],
    '`prefix`: every tool and prompt is renamed; `priority`: of equal names the first backend of `priorityOrder` wins and the others are not shown, unless none of them is in it: then all get their prefix; `manual`: equal names get their prefix until an override renames one. A URI of a resource stays what it is where one backend has it. Where several have it: with `prefix` the first backend keeps it and the others’ are listed as `<backend>+<uri>`; with `priority` the first of `priorityOrder` wins; otherwise all are listed as `<backend>+<uri>`.',
  ).default('prefix'),
  conflictResolutionConfig: block('Settings of the resolution.', {
    prefixFormat: text(
      'prefixFormat',
      "Put before the name, always with `prefix` and where names are equal otherwise; `{workload}` stands for the backend's.",
    ).default('{workload}_'),
    priorityOrder: list(text('identifier', 'Backend.'), 'For `priority`: backends, first wins.').default([]),
  }).prefault({}),
  maxNameLength: count(
    `Characters that a name of a tool or a prompt may have; ${NAME_LENGTH_BOUNDS.text}. A longer one is listed as its beginning, \`_\` and ten hexadecimal digits of its SHA-256: the same at every replica and after every restart. Many hosts of models refuse names of more than ${MAX_NAME_LENGTH_OF_HOSTS}.`,
    NAME_LENGTH_BOUNDS,
  ).default(NAME_LENGTH_BOUNDS.max),
  excludeAllTools: flag('No tool of any backend is listed or can be called.'),
  defaultToolVisibility: choice(
    ['allow', 'deny'],
    'Whether the tools of backends without an entry in `tools` are listed and can be called.',
  ).default('allow'),
  tools,
  prompts: list(
    block('Prompts of one backend.', {
      workload,
      filter: list(
        text('identifier', 'Prompt; `*` stands for any characters.'),
        'The only prompts that are listed and can be used, by the name that the backend gives.',
      ),
    }),
    'Selection of prompts.',
  ).default([]),
  resources: list(
    block('Resources of one backend.', {
      workload,
      filter: list(
        text('identifier', 'URI, or URI template; `*` stands for any characters.'),
        'The only resources that are listed and can be read, by the URI that the backend gives. A URI that is not plainly written (blanks, dot segments, broken encoding; `docs/views.md`) fits no pattern with a `*`.',
      ),
    }),
    'Selection of resources and resource templates.',
  ).default([]),
});
