import { send, type Misbehaviour } from '../testing/stub-provider.js';

/** What a provider writes of its own; nobody else has to read it. */
export const PLANTED = 'planted-Secret-0f-a-provider-1234567890';

/** It quotes all that it was sent, as some providers do, and writes something of its own. */
export const refuses =
  (status: number, error: string): Misbehaviour =>
  (_request, response, form) =>
    send(response, status, {
      error,
      error_description: `${PLANTED} ${[...form.values()].join(' ')}`,
    });
export const fails: Misbehaviour = (_request, response) => void response.writeHead(503).end(PLANTED);
export const raves: Misbehaviour = (_request, response) =>
  void response.writeHead(200).end(`<p>${PLANTED}</p>`);
export const hangs: Misbehaviour = () => 'bent';
