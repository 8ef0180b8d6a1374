import { Inject, Injectable } from '@nestjs/common';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { Log } from '@gatehouse/observability/log';
import { CONFIG } from '@gatehouse/service-process/injected';
import type { Exchange } from '../http/exchange.js';
import { IssuerUrls } from '../http/issuer-urls.js';
import type { Shown } from '../http/shown.js';
import { DeviceRequests } from '../oauth-endpoints/device-requests.flow.js';
import { readUserCode, shownUserCode } from '../oauth-endpoints/user-code.js';
import { DeviceForms } from './device-forms.js';
import { confirmCodePage, deviceEndPage, enterCodePage } from './device-pages.js';

/** A person tells the browser which device they want to sign in, and sees how that ended. */
@Injectable()
export class EnterUserCode {
  constructor(
    private readonly requests: DeviceRequests,
    private readonly forms: DeviceForms,
    private readonly urls: IssuerUrls,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Pick<AuthorizationServerPart, 'insecureAllowHttp'>,
  ) {}

  /**
   * Nothing is looked up here, so that addresses with codes tell nobody which of them there are.
   * @param written of an address that has the code (`verification_uri_complete`)
   */
  ask({ request }: Exchange, written: string | undefined): Shown {
    const { facts, setCookies } = this.forms.begin(request.headers.cookie);
    const code = written === undefined ? undefined : readUserCode(written);
    const page =
      code === undefined
        ? enterCodePage({ ...facts, isUnknown: written !== undefined })
        : confirmCodePage({ ...facts, code: shownUserCode(code) });
    return { kind: 'page', page, setCookies, ...this.#targets };
  }

  /** @throws {GatehouseError} `not_allowed` */
  async enter(exchange: Exchange, form: ReadonlyMap<string, string>): Promise<Shown> {
    const { cookie } = exchange.request.headers;
    const browser = this.forms.check(cookie, form);
    const code = readUserCode(form.get('user_code') ?? '');
    const begun = code === undefined ? undefined : await this.requests.begin(exchange, code, browser);
    if (begun !== undefined) return { kind: 'redirect', status: 303, ...begun };
    this.log.info('user-code-refused');
    const { facts, setCookies } = this.forms.begin(cookie);
    const page = enterCodePage({ ...facts, isUnknown: true });
    return { kind: 'page', status: 400, page, setCookies, ...this.#targets };
  }

  /** @throws {GatehouseError} `attempt_wrong_browser`, `attempt_unknown` */
  async end(exchange: Exchange, uid: string): Promise<Shown> {
    const state = await this.requests.stateOf(exchange, uid);
    if (state === 'pending')
      return { kind: 'redirect', status: 303, location: this.urls.path(`/sign-in/${uid}`) };
    return { kind: 'page', page: deviceEndPage(state, this.urls.site) };
  }

  /** The form leads to the chain, which may lead to a provider at once. */
  get #targets() {
    return { targets: { insecureHttp: this.config.insecureAllowHttp } };
  }
}
