import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { printFigure } from '@gatehouse/testing/figures';
import { until } from '@gatehouse/testing/until';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { authorization } from '../client.fixture.js';
import { holdCalls, startResumptionWorld, type ResumptionWorld } from './resumption-world.fixture.js';

let world: ResumptionWorld;
beforeAll(async () => {
  world = await startResumptionWorld();
});
const found: string[] = [];
afterAll(async () => {
  printFigure(`replicas | a stream that breaks, by the official client of version 1 | ${found.join(' | ')}`);
  await world.close();
});

/** The official client, whose way to the gateway can break and lead to another replica afterwards. */
class SteeredClient {
  readonly client = new Client({ name: 'steered', version: '1' });
  readonly #breaks = new Set<AbortController>();
  /** Requests by method, with what each said that it had seen. */
  readonly requests: { readonly method: string; readonly lastEventId: string | null }[] = [];

  private constructor(private url: string) {}

  static async begin(url: string): Promise<SteeredClient> {
    const steered = new SteeredClient(url);
    const headers = authorization(await world.proxy.token());
    const fetch = async (_url: string | URL, init: RequestInit = {}): Promise<Response> =>
      await steered.#go(init);
    const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers }, fetch });
    await steered.client.connect(transport);
    return steered;
  }

  /** Its connections break; the next ones lead there. */
  cut(next: string): void {
    this.url = next;
    for (const one of this.#breaks) one.abort();
    this.#breaks.clear();
  }

  async #go(init: RequestInit): Promise<Response> {
    const broken = new AbortController();
    this.#breaks.add(broken);
    const signals = [broken.signal, ...(init.signal ? [init.signal] : [])];
    const lastEventId = new Headers(init.headers).get('last-event-id');
    this.requests.push({ method: init.method ?? 'GET', lastEventId });
    return await fetch(this.url, { ...init, signal: AbortSignal.any(signals) });
  }
}

const resumedCalls = ({ requests }: SteeredClient): number =>
  requests.filter(({ lastEventId }) => lastEventId?.startsWith('c.') === true).length;

describe('the official client of version 1 whose connection breaks in the middle of a call', () => {
  test.each(['the same replica', 'another replica', 'another replica, the first one being killed'])(
    'gets the rest at %s',
    async (where) => {
      const next = holdCalls(world.backend);
      const first = await world.proxy.startReplica();
      const steered = await SteeredClient.begin(first.mcpUrl);
      const heard: number[] = [];
      const result = steered.client
        .callTool({ name: 'one_echo', arguments: {} }, undefined, {
          onprogress: ({ progress }) => heard.push(progress),
          timeout: 60_000,
        })
        .catch((error: unknown) => error);
      const call = await next();
      call.progress(1);
      await until(() => heard.length === 1);
      steered.cut(where === 'the same replica' ? first.mcpUrl : world.other.mcpUrl);
      if (where.includes('killed')) {
        await first.kill();
        await until(() => resumedCalls(steered) > 0);
        expect(await result).toMatchObject({ code: -31_000, data: { retry: 'check-first' } });
        found.push(`${where}: told that it may have run`);
      } else {
        call.progress(2);
        await until(() => heard.length === 2);
        call.progress(3);
        await until(() => heard.length === 3);
        call.finish('the rest');
        expect(await result).toMatchObject({ content: [{ type: 'text', text: 'the rest' }] });
        expect([heard, resumedCalls(steered)]).toEqual([[1, 2, 3], 1]);
        found.push(`${where}: resumed`);
      }
      await steered.client.close();
      if (!where.includes('killed')) await first.close();
    },
  );
});
