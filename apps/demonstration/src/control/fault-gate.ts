import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartName } from '../parts.js';
import { handle, pathOf, readForm, sendJson } from '../http/messages.js';
import type { EndpointName, Fault, FaultInForce } from './faults.js';
import type { TestControl } from './test-control.js';

/** How a part's HTTP endpoints are called in faults and counts. */
export interface GatedPart {
  readonly part: PartName;
  readonly endpoints: Readonly<Partial<Record<string, EndpointName>>>;
  /** What `deny` does at an endpoint of this part. */
  readonly deny: (endpoint: EndpointName, request: IncomingMessage, response: ServerResponse) => void;
}

/** Puts counting and faults in front of a part; without test control the part is left as it is. */
export function gate(
  gated: GatedPart,
  control: TestControl | undefined,
  work: RequestListener,
): RequestListener {
  if (control === undefined) return work;
  return handle(async (request, response) => {
    const endpoint = gated.endpoints[pathOf(request)];
    if (endpoint === undefined) {
      work(request, response);
      return;
    }
    control.ledger.request(gated.part, endpoint);
    const fault = control.faults.take({ part: gated.part, endpoint });
    if (fault !== undefined && endpoint === 'token' && !reachesTheEndpoint(fault)) {
      const form = await readForm(request);
      control.ledger.tokenRequest(gated.part, form.get('grant_type') ?? '');
    }
    const deny = (): void => gated.deny(endpoint, request, response);
    await misbehave(fault, response, deny, () => work(request, response));
  });
}

const reachesTheEndpoint = ({ mode }: Fault): boolean =>
  mode === 'delay' || mode === 'hold' || mode === 'drop_after';

/** Carries out a fault around `proceed`, or just proceeds. */
export async function misbehave(
  fault: FaultInForce | undefined,
  response: ServerResponse,
  deny: () => void,
  proceed: () => void | Promise<void>,
): Promise<void> {
  switch (fault?.mode) {
    case undefined:
      return proceed();
    case 'deny':
      deny();
      return;
    case 'status500':
      sendJson(response, 500, { error: 'server_error', error_description: 'injected fault' });
      return;
    case 'garbage':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>not what you asked for');
      return;
    case 'invalid_grant':
      sendJson(response, 400, { error: 'invalid_grant', error_description: 'injected fault' });
      return;
    case 'hang':
      return;
    case 'delay':
      await sleep(fault.delayMs);
      return proceed();
    case 'hold':
      await fault.lifted;
      return proceed();
    case 'drop_after':
      loseTheAnswer(response);
      return proceed();
  }
}

/** Lets the work finish, then cuts the connection instead of answering. */
function loseTheAnswer(response: ServerResponse): void {
  const cut = (): ServerResponse => {
    response.socket?.destroy();
    return response;
  };
  response.write = () => true;
  response.flushHeaders = () => undefined;
  response.end = cut as ServerResponse['end']; // none of the arguments of `end` matters: nothing is sent
}
