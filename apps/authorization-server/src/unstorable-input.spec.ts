import 'reflect-metadata';
import { afterAll, describe, expect, test } from '@jest/globals';
import { printFigure } from '@gatehouse/testing/figures';
import { nastyText } from '@gatehouse/testing/nasty-text';
import fc from 'fast-check';
import { doorsOf, type Door } from './testing/doors.js';
import { ask, form } from './testing/raw-request.js';
import { shareWorld, startServiceWorld } from './testing/service-world.js';
import type { TestService } from './testing/test-service.js';

/** What Node takes of a request's head; longer is 431 before anything of ours is asked. */
const LONGEST_PATH = 12_000;
const AT_ONCE = 8;

let service: TestService;
let doors: readonly (readonly [name: string, door: Door])[];
let asked = 0;
const failures: string[] = [];

shareWorld(startServiceWorld, async (world) => {
  // Each request comes from an address of its own, so that no limit answers in the place of the door.
  service = await world.startAnother({
    trustedProxies: ['127.0.0.1'],
    deviceFlow: { codeLifespanMs: 600_000 },
  });
  doors = Object.entries(await doorsOf(service));
});

afterAll(() => {
  printFigure(
    `unstorable input: ${asked} requests at ${doors.length} doors, answered with a failure of ours: 0`,
  );
});

/** Opens a door with a value; what is answered with a failure of ours, here or at the client, is remembered. */
async function open(name: string, door: Door, value: string): Promise<void> {
  const sent = door(value);
  if (sent.path.length > LONGEST_PATH) return;
  asked += 1;
  const { status, location, text } = await ask(service.config.listen.port, sent);
  const isOurs = status >= 500 || location.includes('server_error') || text.includes('<code>internal');
  if (isOurs) failures.push(`${name}: ${status} for ${JSON.stringify(value).slice(0, 200)}`);
}

async function atEveryDoor(value: string): Promise<void> {
  const left = [...doors];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await open(...next, value);
    }),
  );
  expect(failures).toEqual([]);
}

test.each([
  ['NUL', '\0'],
  ['NUL within', 'a\0b'],
  ['half a surrogate pair', 'x\ud83d'],
  ['NUL encoded twice', '%00'],
  ['NUL as JSON writes it', '\\u0000'],
  ['five thousand characters', 'x'.repeat(5_000)],
])(
  '%s is nowhere a failure of ours (500 by input that Postgres refuses)',
  async (_name, value) => {
    await atEveryDoor(value);
  },
  120_000,
);

test('whatever text comes through whichever door, it is never a failure of ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), nastyText(), async (index, value) => {
      const [name, door] = doors[index % doors.length] ?? ['', () => ({ path: '/' })];
      await open(name, door, value);
      expect(failures).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 180_000);

describe('NUL is answered with 400', () => {
  const port = (): number => service.config.listen.port;

  test('to people, with a page that says what is wrong', async () => {
    const clientId = await service.register();
    const { url } = service.authorizeUrl(clientId);
    for (const path of [`${url}%00`.slice(service.issuer.length), '/connect/attempt/%00', '/sign-in/a%00b']) {
      const { status, text } = await ask(port(), { path });
      expect([status, text.includes('<code>request_invalid')]).toEqual([400, true]);
    }
  });

  test.each(['/oauth/token', '/oauth/revoke'])('to clients at %s, by the error of RFC 6749', async (path) => {
    for (const body of ['grant_type=refresh_token&refresh_token=%00', 'token=a\0b']) {
      const { status, text } = await ask(port(), { path, ...form({}), body });
      expect([status, JSON.parse(text)]).toMatchObject([400, { error: 'invalid_request' }]);
    }
  });

  test('at the registration, where half a surrogate pair is refused as well', async () => {
    for (const uri of ['https://app.example/\0', 'https://app.example/\ud800'])
      await expect(service.post('/oauth/register', { redirect_uris: [uri] })).resolves.toMatchObject({
        error: expect.stringMatching(/^invalid_/),
      });
  });
});
