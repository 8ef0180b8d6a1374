import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { until } from '@gatehouse/testing/until';
import { z } from 'zod';
import { ChromiumTab, CLICKED } from './chromium-tab.js';

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FLAGS = [
  '--headless',
  '--remote-debugging-pipe',
  '--no-first-run',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--allow-pre-commit-input',
  '--window-size=900,1000',
];

const message = z.object({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  method: z.string().optional(),
  sessionId: z.string().optional(),
  params: z.unknown().optional(),
});
const request = z.object({ type: z.string(), request: z.object({ url: z.string() }) });

/** @returns where Chromium is on this machine; `undefined`: nowhere. */
export function findChromium(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter))
    for (const program of PROGRAMS) {
      const path = join(folder, program);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  return undefined;
}

/** A browser that nobody here wrote, driven over its own pipe (Chrome DevTools Protocol). */
export class Chromium {
  readonly #tabs = new Map<string, ChromiumTab>();
  readonly #waiting = new Map<number, (answer: z.output<typeof message>) => void>();
  #ids = 0;
  #rest = '';

  private constructor(
    private readonly process: ChildProcess,
    private readonly input: Writable,
    private readonly profile: string,
  ) {}

  static async start(path: string): Promise<Chromium> {
    const profile = await mkdtemp(join(tmpdir(), 'gatehouse-chromium-'));
    // Its sandbox needs rights that containers and root do not have. It opens our own pages only.
    const flags = [...FLAGS, '--no-sandbox', `--user-data-dir=${profile}`];
    const child = spawn(path, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const [input, output] = [child.stdio[3], child.stdio[4]];
    if (input === null || input === undefined || output === null || output === undefined)
      throw new Error('Chromium has no pipe');
    const browser = new Chromium(child, input as Writable, profile); // as `stdio` asks for
    (output as Readable).setEncoding('utf8').on('data', (chunk: string) => browser.#read(chunk));
    await browser.send('Browser.getVersion');
    return browser;
  }

  /** A window whose cookies are its own, as in another browser. */
  async open(): Promise<ChromiumTab> {
    const { browserContextId } = (await this.send('Target.createBrowserContext')) as {
      browserContextId: string;
    };
    return await this.tab(browserContextId);
  }

  /** Another tab of the same browser. */
  async tab(browserContextId: string): Promise<ChromiumTab> {
    const { targetId } = (await this.send('Target.createTarget', {
      url: 'about:blank',
      browserContextId,
    })) as {
      targetId: string;
    };
    const { sessionId } = (await this.send('Target.attachToTarget', { targetId, flatten: true })) as {
      sessionId: string;
    };
    const tab = new ChromiumTab(
      async (method, parameters) => await this.send(method, parameters, sessionId),
      browserContextId,
    );
    this.#tabs.set(sessionId, tab);
    for (const domain of ['Page', 'Network', 'Runtime']) await tab.send(`${domain}.enable`);
    await tab.send('Runtime.addBinding', { name: CLICKED });
    return tab;
  }

  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
    sessionId?: string,
  ): Promise<unknown> {
    const id = (this.#ids += 1);
    const answer = new Promise<z.output<typeof message>>((resolve) => this.#waiting.set(id, resolve));
    this.input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async close(): Promise<void> {
    await this.send('Browser.close').catch(() => undefined);
    await until(() => this.process.exitCode !== null || this.process.signalCode !== null);
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #read(chunk: string): void {
    const parts = (this.#rest + chunk).split('\0');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const parsed = message.parse(JSON.parse(part));
      if (parsed.method === 'Network.requestWillBeSent') {
        const { data } = request.safeParse(parsed.params);
        if (data !== undefined)
          this.#tabs.get(parsed.sessionId ?? '')?.asks(data.request.url, data.type === 'Document');
      }
      const tab = this.#tabs.get(parsed.sessionId ?? '');
      if (parsed.method === 'Runtime.bindingCalled' && tab !== undefined) tab.clicks += 1;
      if (parsed.id === undefined) continue;
      this.#waiting.get(parsed.id)?.(parsed);
      this.#waiting.delete(parsed.id);
    }
  }
}

/** Where somebody wants to look at the pages (`GATEHOUSE_SCREENSHOTS`), they are kept there. */
export async function keepScreenshot(tab: ChromiumTab, name: string): Promise<void> {
  const folder = process.env['GATEHOUSE_SCREENSHOTS'];
  if (folder !== undefined) await writeFile(join(folder, `${name}.png`), await tab.screenshot());
}
