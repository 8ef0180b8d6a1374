import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { BACKENDS, signedIn, type SignedIn, subjectAt, wrongCalls } from '../callers.js';
import { initialize, legacyWhoAmI } from '../legacy-session.js';

interface Comer extends SignedIn {
  /** `Mcp-Session-Id` of a client of an earlier revision of MCP. */
  readonly mcpSession: string;
}

/** Those who stay, as long as there are as many others. */
const STAYING = 2;
const LOGINS = ['alice', 'bob', 'carol', 'dora'];

/** People who sign in while releases change, go on with the tokens and sessions that they have, and sign out. */
export class Comers {
  #people: Comer[] = [];
  #came = 0;

  constructor(private readonly world: World) {}

  /** Who was here first. */
  get staying(): readonly SignedIn[] {
    return this.#people.slice(0, STAYING);
  }

  /** Another one signs in, and begins an MCP session. */
  async come(): Promise<void> {
    const login = LOGINS[this.#came % LOGINS.length] ?? '';
    this.#came += 1;
    const person = await signedIn(this.world, login);
    const { status, sessionId, text } = await initialize(this.world.mcpUrl, person.accessToken);
    if (sessionId === null) throw new Error(`no MCP session for ${login}: ${String(status)} ${text}`);
    this.#people.push({ ...person, mcpSession: sessionId });
  }

  /** Of those who do not stay, who was here longest signs out. Their token lets nobody in any more. */
  async go(): Promise<void> {
    const [left] = this.#people.splice(STAYING, 1);
    if (left === undefined) return;
    await left.client.revoke(left.refreshToken);
    await until(async () => (await whoAmI(this.world.mcpUrl, left.accessToken, 'status')).status === 401);
  }

  /** @returns what was not as it has to be */
  async everybodyGoesOn(): Promise<readonly string[]> {
    const wrong: string[] = [];
    const next: Comer[] = [];
    for (const person of this.#people) {
      wrong.push(...(await wrongCalls(this.world.mcpUrl, [person])), ...(await this.#inSession(person)));
      const { status, access_token, refresh_token } = await person.client.refresh(person.refreshToken);
      if (access_token === undefined || refresh_token === undefined)
        wrong.push(`${person.login} refreshes: ${String(status)}`);
      else next.push({ ...person, accessToken: access_token, refreshToken: refresh_token });
    }
    this.#people = next;
    return wrong;
  }

  async #inSession({ login, accessToken, mcpSession }: Comer): Promise<readonly string[]> {
    const [backend] = BACKENDS;
    const { status, text } = await legacyWhoAmI(this.world.mcpUrl, accessToken, backend, mcpSession);
    return text.includes(subjectAt(backend, login) ?? '')
      ? []
      : [`${login} in an MCP session: ${String(status)} ${text}`];
  }
}
