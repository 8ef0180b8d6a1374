import type { ServerContext } from '@modelcontextprotocol/server';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { COMMON_TOOLS, defineTool, structured, text, type BackendTool } from './tools.js';

/** Everything one backend offers over MCP. */
export interface Catalog {
  readonly tools: readonly BackendTool[];
  readonly resource: { readonly uri: string; readonly name: string; readonly text: string };
  readonly prompt: { readonly name: string; readonly description: string; readonly text: string };
}

const listRepositories = defineTool({
  name: 'list_repositories',
  title: 'List repositories',
  description: 'Lists the repositories of the person who calls.',
  input: { limit: z.int().min(1).max(10).default(3) },
  readOnly: true,
  call: ({ limit }, { principal }) => {
    const owner = principal.subject ?? 'public';
    const names = ['octo-site', 'tide-tables', 'reef-survey', 'lantern', 'kelp-db'];
    return structured({ repositories: names.slice(0, limit).map((name) => `${owner}/${name}`) });
  },
});

const indexRepository = defineTool({
  name: 'index_repository',
  title: 'Index a repository',
  description: 'Reads a repository step by step and reports its progress.',
  input: {
    repository: z.string(),
    steps: z.int().min(1).max(100).default(3),
    stepMs: z.int().min(0).max(10_000).default(50),
  },
  readOnly: false,
  call: async ({ repository, steps, stepMs }, _caller, context) => {
    for (let step = 1; step <= steps; step += 1) {
      await sleep(stepMs, undefined, { signal: context.mcpReq.signal });
      await reportProgress(context, step, steps);
    }
    return structured({ repository, indexed: true, steps });
  },
});

async function reportProgress(context: ServerContext, progress: number, total: number): Promise<void> {
  const progressToken = context.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  await context.mcpReq.notify({
    method: 'notifications/progress',
    params: { progressToken, progress, total, message: `step ${progress} of ${total}` },
  });
}

export const REPOS: Catalog = {
  tools: [...COMMON_TOOLS, listRepositories, indexRepository],
  resource: {
    uri: 'repos://readme',
    name: 'Readme',
    text: '# Octo\nRepositories of the demonstration world.',
  },
  prompt: { name: 'review_change', description: 'Review a change.', text: 'Review the latest change of' },
};

export const STATUS: Catalog = {
  tools: [
    ...COMMON_TOOLS,
    defineTool({
      name: 'list_incidents',
      title: 'List incidents',
      description: 'Lists what is broken at the moment.',
      input: {},
      readOnly: true,
      call: () => structured({ incidents: [{ id: 'INC-1', title: 'Slow clones in the northern reef' }] }),
    }),
  ],
  resource: { uri: 'status://today', name: 'Today', text: 'All systems work; one is slow.' },
  prompt: {
    name: 'summarize_incident',
    description: 'Summarize an incident.',
    text: 'Summarize the incident',
  },
};

export const TICKETS: Catalog = {
  tools: [
    ...COMMON_TOOLS,
    defineTool({
      name: 'create_ticket',
      title: 'Create a ticket',
      description: 'Opens a ticket in the name of the person who calls.',
      input: { title: z.string().min(1).max(200) },
      readOnly: false,
      call: ({ title }, { principal }) => structured({ id: 'T-1001', title, reporter: principal.subject }),
    }),
  ],
  resource: { uri: 'tickets://open', name: 'Open tickets', text: 'T-1000 The harbour lamp flickers' },
  prompt: {
    name: 'triage_ticket',
    description: 'Triage a ticket.',
    text: 'Decide how urgent this ticket is:',
  },
};

export const DIRECTORY: Catalog = {
  tools: [
    ...COMMON_TOOLS,
    defineTool({
      name: 'find_person',
      title: 'Find a person',
      description: 'Finds people at Acme by the beginning of their name.',
      input: { query: z.string().max(32) },
      readOnly: true,
      call: ({ query }) => {
        const people = ['alice', 'bob', 'carol', 'dave'].filter((name) =>
          name.startsWith(query.toLowerCase()),
        );
        return structured({ people: people.map((name) => ({ name, email: `${name}@acme.example` })) });
      },
    }),
  ],
  resource: { uri: 'directory://teams', name: 'Teams', text: 'Harbour, Lighthouse, Reef' },
  prompt: {
    name: 'introduce_person',
    description: 'Introduce a colleague.',
    text: 'Write two friendly lines about',
  },
};

export const REPORTS: Catalog = {
  tools: [
    ...COMMON_TOOLS,
    defineTool({
      name: 'run_report',
      title: 'Run a report',
      description: 'Runs a report and answers its figures.',
      input: { name: z.enum(['tickets-per-week', 'clones-per-day']) },
      readOnly: true,
      call: ({ name }) => text(`${name}: 12, 9, 14, 11`),
    }),
  ],
  resource: {
    uri: 'reports://available',
    name: 'Available reports',
    text: 'tickets-per-week\nclones-per-day',
  },
  prompt: { name: 'explain_report', description: 'Explain a report.', text: 'Explain the figures of' },
};
