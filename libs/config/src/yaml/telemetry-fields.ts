import { z } from 'zod';
import { TOOL_LABEL_BOUNDS } from '../model/bounds.js';
import { block, count, facts, flag, list, mapOf, secret, text } from './fields.js';

const otlp = block(
  'A collector that takes traces over OTLP/HTTP (`docs/telemetry.md`). Left out: no traces are recorded, and none of it is loaded.',
  {
    endpoint: text(
      'baseUrl',
      'Base URL; `/v1/traces` is added. Each service sends there itself, through `egress.proxy` where there is one.',
    ),
    insecureAllowHttp: flag('`http:` is accepted for an endpoint that is not on localhost.'),
    headers: mapOf(
      { name: 'header', format: 'headerName' },
      secret('Its value.'),
      'Headers of every export, such as the key of a hosted collector.',
    ).prefault({}),
    samplingRatio: z
      .number()
      .min(0)
      .max(1)
      .register(facts, {
        about:
          'Share of requests that are recorded, from 0 to 1. It is drawn for each request; what a client writes into its `traceparent` does not decide it.',
      })
      .default(1),
    caBundle: secret(
      'Certificates (PEM) of a private authority, usually `{ file: … }`. They are trusted for the collector instead of the system’s.',
    ).exactOptional(),
  },
);

const audit = block('One JSON line for each call, sign-in, connection and refused token, in the log.', {
  enabled: flag('Audit lines are written.'),
  arguments: list(
    block('Arguments of some tools of a backend.', {
      workload: text('identifier', 'The backend.'),
      tools: list(
        text('toolPattern', 'Tool, by the name that the backend gives; `*` stands for any characters.'),
        'The tools; at least one.',
      ).default(['*']),
      names: list(text('identifier', 'Name of an argument.'), 'The arguments; at least one.'),
    }),
    'Arguments whose values stand in the lines of calls, each cut off after 256 characters. Values of all others are never written.',
  ).default([]),
});

export const telemetry = block(
  'What operators can follow beside the log: traces, metrics of tools, audit lines.',
  {
    otlp: otlp.exactOptional(),
    toolLabels: count(
      `How many tools of one backend have a name of their own in metrics; the rest are \`other\`. ${TOOL_LABEL_BOUNDS.text}.`,
      TOOL_LABEL_BOUNDS,
    ).default(100),
    audit: audit.prefault({}),
  },
);
