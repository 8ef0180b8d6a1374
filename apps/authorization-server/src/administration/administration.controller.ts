import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { ADMINISTRATION_SCOPE, type AdministrationListener } from '@gatehouse/config/model/administration';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { ClientCertificates } from '@gatehouse/service-process/client-certificates';
import { CONFIG } from '@gatehouse/service-process/injected';
import { tokenInHeader, type PresentedToken } from '../oauth-endpoints/presented-token.js';
import { Acts } from './acts.flow.js';
import { AdministrationLog } from './administration-log.js';
import { Administrators, type Administrator, type Caller } from './administrators.flow.js';
import { openApiDocument, PROBLEM_TYPE } from './openapi.js';
import type { InputOf, OperationId, Result } from './operations.js';
import { failureProblem, problemOf, type Problem } from './problems.js';
import { jsonBody } from './json-body.js';
import { asked, hostsOf, misdirected, type Asked, type Misdirected } from './requests.js';

interface Response {
  readonly status: number;
  /** Absent: 204. */
  readonly body?: object;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Operation = Extract<Asked, { readonly kind: 'operation' }>;

const takesBody = ({ found }: Operation): boolean => found.operation.body !== undefined;

const COME_BACK_AFTER_SECONDS = '2';

const refusal = (problem: Problem, headers: Readonly<Record<string, string>> = {}): Response => ({
  status: problem.status,
  body: problem,
  type: PROBLEM_TYPE,
  headers: problem.status === 503 ? { 'retry-after': COME_BACK_AFTER_SECONDS, ...headers } : headers,
});

const MISDIRECTED: Readonly<Record<Misdirected['kind'], Problem>> = {
  host: problemOf(403, 'not_allowed', 'This listener is not called by that name.'),
  browser: problemOf(403, 'not_allowed', 'Browsers may not call here.'),
  body: problemOf(400, 'request_invalid', 'A request has no body here, or a short one of a known length.'),
};

const MALFORMED = problemOf(
  400,
  'request_invalid',
  'A parameter comes twice, is unknown, or is out of its bounds.',
);
const NOT_FOUND = problemOf(404, 'not_found', 'There is no such thing here.');

/** The administrator's API over HTTP. Its listener is its own, so that nothing of the public one is in front of it. */
@Injectable()
export class AdministrationController {
  constructor(
    private readonly administrators: Administrators,
    private readonly acts: Acts,
    private readonly logs: AdministrationLog,
    private readonly certificates: ClientCertificates,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'administration' | 'issuer'>,
  ) {}

  /** What answers there. */
  listener(
    administration: AdministrationListener,
  ): (request: IncomingMessage, response: ServerResponse) => void {
    const hosts = hostsOf(administration);
    return (request, response) => {
      this.#answer(request, administration.url, hosts)
        .catch((error: unknown) => this.#failed(error))
        .then(
          (answer) => send(response, answer),
          () => response.destroy(),
        );
    };
  }

  async #answer(request: IncomingMessage, url: string, hosts: ReadonlySet<string>): Promise<Response> {
    const { method = '', url: target = '' } = request;
    const what = asked(method, target);
    const wrong = misdirected(request, hosts, what.kind === 'operation' && takesBody(what));
    // What its body holds is never read.
    if (wrong !== undefined) return refusal(MISDIRECTED[wrong.kind], { connection: 'close' });
    // Both are for whoever has no token yet.
    if (what.kind === 'metadata') return { status: 200, body: this.#metadata(url) };
    if (what.kind === 'document')
      return {
        status: 200,
        body: openApiDocument(url, this.config.issuer, this.config.administration?.access !== undefined),
      };
    const token = tokenInHeader(request);
    const caller = await this.#caller(token, request, url);
    if (caller.kind !== 'administrator') return this.#unknown(caller, token.kind);
    switch (what.kind) {
      case 'nothing':
        return refusal(NOT_FOUND);
      case 'method':
        return refusal(problemOf(405, 'method_not_allowed', 'Not by this method.'), { allow: what.allow });
      case 'malformed':
        return refusal(MALFORMED);
      case 'operation':
        return await this.#act(await withBody(what, request), caller);
    }
  }

  async #caller(token: PresentedToken, request: IncomingMessage, url: string): Promise<Caller> {
    if (token.kind === 'none') return await this.administrators.callerOf(undefined);
    if (token.kind === 'malformed') return { kind: 'invalid_token' };
    const { headers, method = '', url: target = '' } = request;
    // RFC 9449, section 4.2: without query and fragment.
    const [path = ''] = target.split('?');
    return await this.administrators.callerOf({
      ...token,
      proof: headers['dpop'],
      certificate: () => this.certificates.thumbprintOf(request),
      method,
      url: `${url}${path}`,
    });
  }

  #unknown(
    caller: Exclude<Caller, { readonly kind: 'administrator' }>,
    shown: PresentedToken['kind'],
  ): Response {
    this.logs.refused(caller.kind, 'clientId' in caller ? caller.clientId : undefined);
    const isKnown = caller.kind === 'insufficient_scope';
    const error = caller.kind === 'no_token' ? undefined : caller.kind;
    const challenge = this.administrators.challenge(shown, error);
    return refusal(
      isKnown
        ? problemOf(403, 'insufficient_scope', `The token needs the scope ${ADMINISTRATION_SCOPE}.`)
        : problemOf(
            401,
            'token_invalid',
            'A token of this gateway for this API is needed, with a proof where it is bound.',
          ),
      {
        'www-authenticate': challenge,
        ...(caller.kind === 'use_dpop_nonce' ? { 'dpop-nonce': caller.nonce } : {}),
      },
    );
  }

  /** Whatever becomes of it leaves a line. */
  async #act(
    { found: { id, operation }, given }: Operation,
    administrator: Administrator,
  ): Promise<Response> {
    const input = operation.input.safeParse(given);
    const response = input.success
      ? await this.#run(id, input.data, operation.answer?.parse.bind(operation.answer)).catch(
          (error: unknown) => this.#failed(error),
        )
      : refusal(MALFORMED);
    const status = response.status;
    this.logs.acted({ act: id, administrator, status }, input.success ? input.data : {});
    return response;
  }

  /** @param checked the answer as the document describes it, with nothing beside that */
  async #run(
    id: OperationId,
    input: unknown,
    checked: ((answer: unknown) => unknown) | undefined,
  ): Promise<Response> {
    // The schema of the same operation has made it.
    const handler = this.acts.handlers[id] as (input: InputOf<OperationId>) => Promise<Result<unknown>>;
    const result = await handler(input as InputOf<OperationId>);
    switch (result.kind) {
      case 'answer':
        return { status: 200, body: checked?.(result.answer) as object };
      case 'done':
        return { status: 204 };
      case 'unknown':
        return refusal(NOT_FOUND);
      case 'wrong':
        return refusal(problemOf(400, 'request_invalid', result.detail));
      case 'conflict':
        return refusal(problemOf(409, 'conflict', result.detail));
    }
  }

  #failed(thrown: unknown): Response {
    const error = GatehouseError.from(thrown);
    const problem = failureProblem(error);
    this.logs.failed(error, problem.reference);
    return refusal(problem);
  }

  /** RFC 9728, section 2. */
  #metadata(url: string): object {
    return {
      resource: url,
      authorization_servers: [this.config.issuer],
      scopes_supported: [ADMINISTRATION_SCOPE],
      bearer_methods_supported: ['header'],
    };
  }
}

/** Of whoever may call, and of no one else. */
async function withBody(what: Operation, request: IncomingMessage): Promise<Operation> {
  const { body } = what.found.operation;
  return body === undefined
    ? what
    : { ...what, given: { ...what.given, [body.name]: await jsonBody(request) } };
}

function send(
  response: ServerResponse,
  { status, body, type = 'application/json', headers = {} }: Response,
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(text) }),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(text);
}
