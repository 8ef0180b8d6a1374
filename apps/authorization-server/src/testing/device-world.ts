import { sha256 } from '@gatehouse/kernel/digest';
import { Secret } from '@gatehouse/kernel/secret';
import type { KeptLog } from '@gatehouse/testing/kept-log';
import { DEVICE_CODE_GRANT } from '../clients/client-grants.js';
import { postForm, type FormAnswer } from './proving-client.js';
import { startServiceWorld, type ServiceWorld } from './service-world.js';
import { hiddenFields, pageName, type Answer, type TestBrowser } from './test-browser.js';
import { REDIRECT_URI, type TestService } from './test-service.js';

const SECRET = 'a-secret-of-a-printer-in-the-hall';
const LIFESPAN_MS = 600_000;

/** What a device is told. */
export interface DeviceCode {
  readonly clientId: string;
  readonly deviceCode: string;
  readonly userCode: string;
  readonly answer: FormAnswer;
}

interface Asking {
  readonly at?: TestService;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes of the form; an empty text leaves a field out. */
  readonly change?: Readonly<Record<string, string>>;
}

/** Two replicas, and devices to which people sign in. */
export class DeviceWorld {
  #people = 0;

  private constructor(
    private readonly world: ServiceWorld,
    readonly service: TestService,
    readonly replica: TestService,
    private readonly overrides: Partial<TestService['config']>,
  ) {}

  static async start(overrides: Partial<TestService['config']> = {}, log?: KeptLog): Promise<DeviceWorld> {
    const world = await startServiceWorld(log);
    const all = { ...overridesOf(world.service.config), ...overrides };
    const service = await world.startAnother(all);
    const replica = await world.startAnother({ ...all, issuer: service.issuer });
    return new DeviceWorld(world, service, replica, all);
  }

  /** Another replica, which is configured otherwise. */
  async another(change: Partial<TestService['config']>): Promise<TestService> {
    return await this.world.startAnother({ ...this.overrides, issuer: this.service.issuer, ...change });
  }

  /** One without codes for devices, with the same clients. */
  get without(): TestService {
    return this.world.service;
  }

  async close(): Promise<void> {
    await this.world.close();
  }

  somebody(): string {
    return `device-person-${(this.#people += 1)}`;
  }

  async rows<Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const { rows } = await this.world.rows.query<Row>({ name: text.slice(0, 60), text, values: [...values] });
    return rows;
  }

  /** As if so much time had passed. */
  async age({ deviceCode }: DeviceCode, change: Readonly<Record<string, unknown>>): Promise<void> {
    await this.rows(
      `update oidc_records set payload = payload || $1::jsonb where model = 'DeviceCode' and id = $2`,
      [JSON.stringify(change), sha256(deviceCode)],
    );
  }

  /** What its client asked for, as it is kept. */
  async paramsOf({ deviceCode }: DeviceCode): Promise<Readonly<Record<string, unknown>>> {
    const [row] = await this.rows<{ params: Readonly<Record<string, unknown>> }>(
      `select payload -> 'params' as params from oidc_records where model = 'DeviceCode' and id = $1`,
      [sha256(deviceCode)],
    );
    return row?.params ?? {};
  }

  /** As if its tokens had been fetched so long ago; less than nothing: as if no time passed. */
  async ageUse({ deviceCode }: DeviceCode, milliseconds: number): Promise<void> {
    await this.rows(
      `update oidc_records set consumed_at = now() - $1 * interval '1 ms'
        where model = 'DeviceCode' and id = $2 and consumed_at is not null`,
      [milliseconds, sha256(deviceCode)],
    );
  }

  /** Nobody can change the row of the code before `ask` has what it waits for. */
  async whileHeld<T>(
    { deviceCode }: DeviceCode,
    ask: () => Promise<readonly Promise<T>[]>,
  ): Promise<readonly T[]> {
    const asked = await this.world.rows.transaction(async (tx) => {
      await tx.query({
        name: 'hold-device-code',
        text: `select from oidc_records where model = 'DeviceCode' and id = $1 for update`,
        values: [sha256(deviceCode)],
      });
      return await ask();
    });
    return await Promise.all(asked);
  }

  /** How many statements wait for somebody else's. */
  async waiting(): Promise<number> {
    const rows = await this.rows(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length;
  }

  /** Why a session has ended; `null`: it has not. */
  async closeReason(tsid: unknown): Promise<string | null | undefined> {
    const [row] = await this.rows<{ close_reason: string | null }>(
      'select close_reason from sessions where tsid = $1',
      [tsid],
    );
    return row?.close_reason;
  }

  /** A public client that registers by itself, for devices alone. */
  async registerDevice(more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return await this.service.register({
      redirect_uris: undefined,
      client_name: 'Telly',
      grant_types: [DEVICE_CODE_GRANT, 'refresh_token'],
      ...more,
    });
  }

  async ask(
    clientId: string,
    { at = this.service, headers = {}, change = {} }: Asking = {},
  ): Promise<FormAnswer> {
    const fields: Readonly<Record<string, string>> = {
      client_id: clientId,
      scope: 'openid offline_access',
      resource: this.service.config.resourceUrl,
      ...change,
    };
    const form = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
    return await postForm(at, '/oauth/device_authorization', form, headers);
  }

  /** A code that a device shows. */
  async code(clientId?: string, asking: Asking = {}): Promise<DeviceCode> {
    const id = clientId ?? (await this.registerDevice());
    const answer = await this.ask(id, asking);
    const { device_code: deviceCode, user_code: userCode } = answer.body;
    return { clientId: id, deviceCode: String(deviceCode), userCode: String(userCode), answer };
  }

  async poll(
    { clientId, deviceCode }: Pick<DeviceCode, 'clientId' | 'deviceCode'>,
    { at = this.service, headers = {}, change = {} }: Asking = {},
  ): Promise<FormAnswer> {
    const fields = { grant_type: DEVICE_CODE_GRANT, client_id: clientId, device_code: deviceCode, ...change };
    return await postForm(at, '/oauth/token', fields, headers);
  }

  /** Types the code into the form. */
  async enter(browser: TestBrowser, userCode: string): Promise<Answer> {
    const page = await browser.get('/device');
    const fields = { ...hiddenFields(page.body), user_code: userCode };
    return await browser.follow(await browser.post(page.url, fields));
  }

  /** Goes through the pages and providers as somebody, until the page says how it ended. */
  async finish(browser: TestBrowser, from: Answer, login: string): Promise<Answer> {
    let at = from;
    for (let step = 0; step < 12; step += 1) {
      if (/^device-(approved|refused|over)$/.test(pageName(at) ?? '')) return at;
      if (at.status === 302) {
        const { hostname } = new URL(at.location ?? '');
        at = await this.service.answerLeg(browser, at, { code: `${hostname}-${login}` });
      } else at = await browser.decide(at, at.body.includes('value="approve"') ? 'approve' : 'continue');
    }
    throw new Error(`no end of the sign-in: ${at.status} ${at.url} ${String(pageName(at))}`);
  }

  /** Signs somebody in to a device. */
  async signIn(code: DeviceCode, login = this.somebody(), browser = this.service.browser()): Promise<Answer> {
    return await this.finish(browser, await this.enter(browser, code.userCode), login);
  }
}

function overridesOf({
  clientRegistration,
  tokenLifespans,
  scopesSupported,
}: TestService['config']): Partial<TestService['config']> {
  return {
    deviceFlow: { codeLifespanMs: LIFESPAN_MS },
    // Nothing ends while a busy machine takes its time.
    tokenLifespans: {
      ...tokenLifespans,
      accessTokenLifespanMs: 3_600_000,
      refreshTokenLifespanMs: 7_200_000,
    },
    scopesSupported: [...scopesSupported, 'tickets:read'],
    clientRegistration: {
      ...clientRegistration,
      clients: [
        {
          clientId: 'printer',
          clientName: 'Printer in the hall',
          clientSecret: new Secret(SECRET),
          redirectUris: [],
          deviceFlow: true,
        },
        { clientId: 'desk', clientName: 'Desk', redirectUris: [REDIRECT_URI] },
      ],
    },
  };
}

export const asPrinter = (secret = SECRET): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`printer:${secret}`).toString('base64')}`,
});
