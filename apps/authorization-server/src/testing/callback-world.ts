import { startServiceWorld, type ServiceWorld } from './service-world.js';
import type { StandInVault } from './stand-in-vault.js';
import type { Answer, TestBrowser } from './test-browser.js';
import { callbackOf, REDIRECT_URI, type TestService } from './test-service.js';

/** Somebody whose second provider, octo, sends them back now. */
export interface AtCallback {
  readonly login: string;
  readonly browser: TestBrowser;
  readonly callback: string;
  readonly state: string;
}

export const hostOf = ({ location = '' }: Answer): string => new URL(location).hostname;

export const times = (states: readonly string[], state: string): number =>
  states.filter((one) => one === state).length;

/** Where the button of a page leads. */
export const buttonOf = ({ body }: Answer): string =>
  (/class="button[^"]*" href="([^"]*)"/.exec(body)?.[1] ?? '').replaceAll('&amp;', '&');

/** Two replicas of this service, and people who come back from a provider. */
export class CallbackWorld {
  #people = 0;

  private constructor(
    private readonly world: ServiceWorld,
    readonly service: TestService,
    readonly replica: TestService,
  ) {}

  static async start(): Promise<CallbackWorld> {
    const world = await startServiceWorld();
    const { service } = world;
    return new CallbackWorld(world, service, await world.startAnother({ issuer: service.issuer }));
  }

  get vault(): StandInVault {
    return this.service.vault;
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  /** A login that nobody had before. */
  somebody(): string {
    return `person-${(this.#people += 1)}`;
  }

  async change(text: string, values: readonly unknown[]): Promise<void> {
    await this.world.rows.query({ name: text.slice(0, 40), text, values: [...values] });
  }

  async atCallback(answer?: Readonly<Record<string, string>>): Promise<AtCallback> {
    const [login, browser] = [this.somebody(), this.service.browser()];
    const away = await this.service.atSecondProvider(browser, login);
    const callback = callbackOf(away, answer ?? { code: `octo.example-${login}` });
    const state = new URL(callback, this.service.issuer).searchParams.get('state') ?? '';
    return { login, browser, callback, state };
  }

  /** The vault is kept waiting by the provider until this is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.vault.held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** @param at the browser on its way to the last provider. @returns whether the client is reached. */
  async finishes({ login, browser }: AtCallback, at: Answer | undefined): Promise<boolean> {
    if (at === undefined) return false;
    const end = await this.service.answerLeg(browser, at, { code: `wiki.example-${login}` });
    return end.location?.startsWith(REDIRECT_URI) === true;
  }
}
