import { Injectable } from '@nestjs/common';
import { sha256 } from '@gatehouse/kernel/digest';
import { SECOND_MS } from '@gatehouse/kernel/durations';
import { GatehouseError } from '@gatehouse/kernel/gatehouse-error';
import { Provider } from 'oidc-provider';
import { AttemptCookies } from '../attempts/attempt-cookies.js';
import { ATTEMPT_TTL_MS } from '../attempts/attempt.js';
import type { Exchange } from '../http/exchange.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import { DeviceCodes, type CodeState, type EnteredCode } from './device-codes.store.js';
import { DeviceRequestIds } from './device-request-ids.js';
import { VERIFICATION_PATH, paramsWithoutHint } from './device-settings.js';
import { asSeenByProvider } from './node-exchange.js';
import { shownUserCode } from './user-code.js';

/** Where the browser goes that has entered a code. */
export interface BegunForDevice {
  readonly location: string;
  /** Binds the sign-in to this browser. */
  readonly setCookies: readonly string[];
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;
type Session = Awaited<ReturnType<Provider['Session']['get']>>;
/** The library's types do not say how one is made. */
type InteractionModel = new (uid: string, payload: Readonly<Record<string, unknown>>) => Interaction;

/**
 * Makes an authorization request of what a device asks for, in the browser in which a person enters its code. From there on it is a
 * sign-in like all others: the same chain, approval, rules and session.
 */
@Injectable()
export class DeviceRequests {
  constructor(
    private readonly provider: Provider,
    private readonly urls: IssuerUrls,
    private readonly codes: DeviceCodes,
    private readonly cookies: AttemptCookies,
    private readonly ids: DeviceRequestIds,
  ) {}

  /**
   * Once more, it says the same again: its response may have been lost.
   * @param browser names the browser, and is known to nobody else
   * @returns `undefined`: no device shows this code, or another browser has it.
   */
  async begin(exchange: Exchange, userCode: string, browser: string): Promise<BegunForDevice | undefined> {
    const entered = await this.codes.entered(userCode);
    if (entered === undefined) return undefined;
    const { cookie } = exchange.request.headers;
    const uid = this.ids.of(entered.row, browser);
    if (entered.claimedBy !== null && entered.claimedBy !== sha256(uid)) {
      // The cookie of the form may be another one by now. That of the sign-in says the same.
      const own = this.cookies.all(cookie).find(({ id }) => sha256(id) === entered.claimedBy);
      return own && { location: this.#signIn(own.id), setCookies: [] };
    }
    // Before the code is taken: without its request nobody could answer it any more.
    if ((await this.provider.Interaction.find(uid)) === undefined)
      await this.#save(uid, entered, userCode, await this.provider.Session.get(this.#context(exchange)));
    if (!(await this.codes.claim({ row: entered.row, uid }))) return undefined;
    return { location: this.#signIn(uid), setCookies: this.cookies.begin(uid, cookie) };
  }

  /** @throws {GatehouseError} `attempt_wrong_browser`, or `attempt_unknown` when it is over */
  async stateOf({ request }: Exchange, uid: string): Promise<CodeState> {
    if (this.cookies.of(uid, request.headers.cookie) === undefined)
      throw new GatehouseError('attempt_wrong_browser');
    const row = (await this.provider.Interaction.find(uid))?.deviceCode;
    if (row === undefined) throw new GatehouseError('attempt_unknown', 'no device waits for this');
    return await this.codes.stateOf({ row, uid });
  }

  async #save(uid: string, { row, params }: EnteredCode, userCode: string, session: Session): Promise<void> {
    const { Interaction } = this.provider as unknown as { readonly Interaction: InteractionModel };
    const maxAge = params['max_age'];
    const isOld = maxAge !== undefined && session.accountId !== undefined && session.past(Number(maxAge));
    const interaction = new Interaction(uid, {
      cid: uid,
      deviceCode: row,
      // Its browser has the code now, so that it opens nothing any more. The pages show it.
      params: { ...paramsWithoutHint(params), user_code: shownUserCode(userCode) },
      prompt: { name: 'consent', reasons: isOld ? ['max_age'] : [], details: {} },
      returnTo: this.urls.url(`${VERIFICATION_PATH}/${uid}`),
      session,
    });
    await interaction.save(ATTEMPT_TTL_MS / SECOND_MS);
  }

  #signIn(uid: string): string {
    return this.urls.path(`/sign-in/${uid}`);
  }

  #context({ request, response }: Exchange) {
    return this.provider.createContext(asSeenByProvider(request, this.urls, { route: '/' }), response);
  }
}
