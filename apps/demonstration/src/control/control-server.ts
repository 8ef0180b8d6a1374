import type { IncomingMessage, RequestListener } from 'node:http';
import { z } from 'zod';
import { handle, HttpProblem, pathOf, readBody, sendJson } from '../http/messages.js';
import { PARTS, type PartName } from '../parts.js';
import { faultOrder } from './faults.js';
import type { ControlledPart, TestControl } from './test-control.js';

const partOrder = z.strictObject({ part: z.enum(PARTS) });

const groupsOrder = z.strictObject({ login: z.string(), groups: z.array(z.string()) });

type Parts = ReadonlyMap<PartName, ControlledPart>;
type Answer = (request: IncomingMessage) => unknown;

/** The HTTP face of test control. It shows every token, so it is bound to loopback and off by default. */
export function controlListener(control: TestControl, parts: Parts): RequestListener {
  const routes: Readonly<Partial<Record<string, Answer>>> = {
    'GET /faults': () => ({ faults: control.faults.list() }),
    'POST /faults': async (request) => {
      control.faults.set(await readOrder(request, faultOrder));
      return { faults: control.faults.list() };
    },
    'GET /counts': () => control.ledger.counts,
    'GET /issued': () => ({ issued: control.ledger.issued }),
    'POST /groups': async (request) => {
      const { login, groups } = await readOrder(request, groupsOrder);
      control.groups.set(login, groups);
      return {};
    },
    'POST /reset': () => {
      control.groups.clear();
      control.faults.clear();
      control.ledger.resetCounts();
      return {};
    },
    'POST /expire': async (request) => ({ expired: await act(request, parts, 'expireAccessTokens') }),
    'POST /revoke-grants': async (request) => ({ revoked: await act(request, parts, 'revokeRefreshTokens') }),
    'POST /forget-sessions': async (request) => ({ forgotten: await act(request, parts, 'forgetSessions') }),
  };
  return handle(async (request, response) => {
    if (!isLocalProgram(request)) throw new HttpProblem(403, 'not for browsers');
    const answer = routes[`${request.method ?? ''} ${pathOf(request)}`];
    if (answer === undefined) throw new HttpProblem(404, 'no such order');
    sendJson(response, 200, await answer(request));
  });
}

/** A page in the user's browser can reach loopback, but not without these headers or, by DNS rebinding, a foreign Host. */
const isLocalProgram = ({ headers }: IncomingMessage): boolean =>
  headers.origin === undefined &&
  headers['sec-fetch-site'] === undefined &&
  /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(headers.host ?? '');

async function act(request: IncomingMessage, parts: Parts, action: keyof ControlledPart): Promise<number> {
  const { part } = await readOrder(request, partOrder);
  const running = parts.get(part);
  if (running === undefined) throw new HttpProblem(409, `${part} does not run in this process`);
  const perform = running[action];
  if (perform === undefined) throw new HttpProblem(400, `${part} has nothing of that kind`);
  return perform();
}

async function readOrder<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.infer<Schema>> {
  let json: unknown;
  try {
    json = JSON.parse(await readBody(request));
  } catch {
    throw new HttpProblem(400, 'the body is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new HttpProblem(400, z.prettifyError(parsed.error));
  return parsed.data;
}
