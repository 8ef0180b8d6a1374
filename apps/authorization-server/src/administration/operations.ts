import { clientLimits } from '@gatehouse/config/yaml/client-limit-fields';
import { z } from 'zod';
import {
  account,
  accountId,
  client,
  clientId,
  connection,
  exported,
  limits,
  paged,
  pageOf,
  provider,
  providerName,
  session,
  sessionDigest,
} from './shapes.js';

export interface Operation {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** `{name}` is a member of `input`. */
  readonly path: string;
  readonly about: string;
  /** Of the path and of the query, and the body under its name. */
  readonly input: z.ZodObject;
  /** Absent: a request has none. */
  readonly body?: { readonly name: string; readonly schema: z.ZodType };
  /** Absent: 204. */
  readonly answer?: z.ZodType;
  /** It is told why it cannot be done now: 409. */
  readonly conflicts?: true;
}

/** Everything that can be asked of the administrator's API, and nothing else can be. */
export const OPERATIONS = {
  listAccounts: {
    method: 'GET',
    path: '/accounts',
    about: 'Accounts, by their ids.',
    input: z.strictObject(paged(accountId)),
    answer: pageOf(account),
  },
  readAccount: {
    method: 'GET',
    path: '/accounts/{account}',
    about: 'One account.',
    input: z.strictObject({ account: accountId }),
    answer: account,
  },
  deleteAccount: {
    method: 'DELETE',
    path: '/accounts/{account}',
    about:
      'Deletes an account with all that it owns: its sessions are ended, its connections revoked at the providers, its identities and approvals deleted. The custody log keeps its id. 503: not all of it is done yet; ask again.',
    input: z.strictObject({ account: accountId }),
  },
  exportAccount: {
    method: 'GET',
    path: '/accounts/{account}/export',
    about: 'All that is kept of an account; no token and no secret.',
    input: z.strictObject({ account: accountId }),
    answer: exported,
  },
  listConnections: {
    method: 'GET',
    path: '/accounts/{account}/connections',
    about: 'Connections of an account: one at each provider at most.',
    input: z.strictObject({ account: accountId }),
    answer: z.strictObject({ items: z.array(connection) }),
  },
  readConnection: {
    method: 'GET',
    path: '/accounts/{account}/connections/{provider}',
    about: 'The connection of an account to a provider.',
    input: z.strictObject({ account: accountId, provider: providerName }),
    answer: connection,
  },
  endConnection: {
    method: 'DELETE',
    path: '/accounts/{account}/connections/{provider}',
    about:
      'Ends a connection. It is unusable at once, and revoked at the provider where that offers it (RFC 7009).',
    input: z.strictObject({ account: accountId, provider: providerName }),
  },
  listSessions: {
    method: 'GET',
    path: '/sessions',
    about: 'Open sessions, by their digests.',
    input: z.strictObject({
      ...paged(sessionDigest),
      account: accountId.optional().describe('Those of one account.'),
    }),
    answer: pageOf(session),
  },
  readSession: {
    method: 'GET',
    path: '/sessions/{session}',
    about: 'One session. One that has ended is kept for 30 days.',
    input: z.strictObject({ session: sessionDigest }),
    answer: session,
  },
  endSession: {
    method: 'DELETE',
    path: '/sessions/{session}',
    about: 'Ends a session: its tokens are refused, and the vault and the proxies are told.',
    input: z.strictObject({ session: sessionDigest }),
  },
  listClients: {
    method: 'GET',
    path: '/clients',
    about: 'Clients that registered, that are configured, or that were used, by their ids.',
    input: z.strictObject(paged(clientId)),
    answer: pageOf(client),
  },
  readClient: {
    method: 'GET',
    path: '/clients/{client}',
    about: 'One client.',
    input: z.strictObject({ client: clientId }),
    answer: client,
  },
  deleteClient: {
    method: 'DELETE',
    path: '/clients/{client}',
    about:
      'Forgets a client: its registration and what people approved of it; its sessions are ended. 409: it stands in the configuration.',
    input: z.strictObject({ client: clientId }),
    conflicts: true,
  },
  readClientLimits: {
    method: 'GET',
    path: '/clients/{client}/limits',
    about: 'What a client gets at most.',
    input: z.strictObject({ client: clientId }),
    answer: limits,
  },
  setClientLimits: {
    method: 'PUT',
    path: '/clients/{client}/limits',
    about:
      'Sets what a client gets at most, in place of what was set before. It holds for what was granted already, within five seconds at each replica. 400: what is wrong with it. 409: the client stands in the configuration.',
    input: z.strictObject({ client: clientId, limits: z.record(z.string(), z.unknown()) }),
    body: { name: 'limits', schema: clientLimits },
    conflicts: true,
  },
  removeClientLimits: {
    method: 'DELETE',
    path: '/clients/{client}/limits',
    about:
      'Removes what was set: the client gets what every client may get. 409: the client stands in the configuration.',
    input: z.strictObject({ client: clientId }),
    conflicts: true,
  },
  listProviders: {
    method: 'GET',
    path: '/providers',
    about:
      'How each provider is, by what came of the gateway’s own requests to it. Nobody is asked for this.',
    input: z.strictObject({}),
    answer: z.strictObject({ items: z.array(provider) }),
  },
  readProvider: {
    method: 'GET',
    path: '/providers/{provider}',
    about: 'How one provider is.',
    input: z.strictObject({ provider: providerName }),
    answer: provider,
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof OPERATIONS;
export type InputOf<Id extends OperationId> = z.output<(typeof OPERATIONS)[Id]['input']>;
type AnswerOf<Id extends OperationId> = (typeof OPERATIONS)[Id] extends {
  readonly answer: infer Answer extends z.ZodType;
}
  ? z.input<Answer>
  : never;

/** What becomes of a request that is in order. */
export type Result<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'done' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong'; readonly detail: string }
  | { readonly kind: 'conflict'; readonly detail: string };

export type Handlers = {
  readonly [Id in OperationId]: (input: InputOf<Id>) => Promise<Result<AnswerOf<Id>>>;
};

export interface Found {
  readonly id: OperationId;
  readonly operation: Operation;
  /** As the path has them, decoded. */
  readonly named: Readonly<Record<string, string>>;
}

const PATTERNS = (Object.entries(OPERATIONS) as [OperationId, Operation][]).map(([id, operation]) => ({
  id,
  operation,
  names: [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
  pattern: new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
}));

/** @returns every operation of a path, by its method; none: there is no such path. */
export function operationsAt(path: string): readonly Found[] {
  return PATTERNS.flatMap(({ id, operation, names, pattern }): readonly Found[] => {
    const values = pattern.exec(path)?.slice(1).map(decoded);
    if (values === undefined || values.includes(undefined)) return [];
    return [{ id, operation, named: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])) }];
  });
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
