import { signIn } from '@gatehouse/scripted-browser/sign-in';
import type { ScriptedBrowser } from '@gatehouse/scripted-browser/scripted-browser';
import { TENANT_SECRET, type EntraTenant } from '@gatehouse/testing/entra-tenant';
import { modernRequest } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { until } from '@gatehouse/testing/until';
import type { World } from '@gatehouse/testing/world';
import { expect } from '@jest/globals';

export interface EntraPerson {
  readonly login: string;
  readonly browser: ScriptedBrowser;
  readonly accessToken: string;
}

/** The vault's secrets at the tenant. */
export const ENTRA_SECRETS = { ENTRA_SECRET: TENANT_SECRET, OBO_SECRET: 'obo-secret' };

/** A gateway with one more provider, before backends that take its tokens. */
export const withEntra = (
  yaml: string,
  entra: EntraTenant,
  backends: Readonly<Record<string, { readonly url: string; readonly by: 'inject' | 'obo' }>>,
): string => {
  const all = Object.entries(backends);
  const strategies = {
    inject: '{ type: upstreamInject, upstreamInject: { providerName: entra } }',
    obo: `{ type: obo, obo: { tokenUrl: ${entra.tokenUrl}, clientId: gatehouse-obo, clientSecret: { env: OBO_SECRET }, audience: api://docs, scopes: [Docs.Read], subjectTokenProviderName: entra } }`,
  };
  return yaml
    .replace(
      '\nbackends:\n',
      `    - name: entra
      type: oidc
      oidcConfig:
        issuerUrl: ${entra.issuer}
        clientId: gatehouse
        clientSecret: { env: ENTRA_SECRET }
        scopes: [openid, offline_access]

backends:
${all.map(([name, { url }]) => `  - { name: ${name}, url: ${url} }\n`).join('')}`,
    )
    .replace(
      '  backends:\n',
      `  backends:\n${all.map(([name, { by }]) => `    ${name}: ${strategies[by]}\n`).join('')}`,
    );
};

/** People of a tenant, who sign in, call, and connect again where a call asks them to. */
export class EntraPeople {
  constructor(
    private readonly world: World,
    private readonly entra: EntraTenant,
  ) {}

  async signIn(login: string): Promise<EntraPerson> {
    this.entra.login = login;
    const signedIn: EntraPerson[] = [];
    await until(async () => {
      const browser = newBrowser();
      const client = await OAuthClient.register(this.world.mcpUrl);
      // A machine that is too busy for its database says so: then a client comes back.
      const tokens = await client.signIn(login, browser).catch((error: unknown) => {
        if (!String(error).includes('temporarily_unavailable')) throw error;
        return undefined;
      });
      if (tokens === undefined) return false;
      signedIn.push({ login, browser, accessToken: tokens.accessToken });
      return true;
    }, 240_000);
    const [somebody] = signedIn;
    if (somebody === undefined) throw new Error(`${login} is not signed in`);
    return somebody;
  }

  async #call({ accessToken }: EntraPerson, backend: string) {
    const params = { name: `${backend}_whoami`, arguments: {} };
    const capabilities = { elicitation: { url: {} } };
    return (await modernRequest(this.world.mcpUrl, accessToken, 'tools/call', params, capabilities)).body;
  }

  /** As whom the backend is called. */
  async subjectSeen(person: EntraPerson, backend: string): Promise<unknown> {
    const { result } = await this.#call(person, backend);
    return (result?.structuredContent as { readonly subject?: string } | undefined)?.subject;
  }

  /** The link that a call ends in. */
  async prompted(person: EntraPerson, backend: string): Promise<string> {
    const said = JSON.stringify(await this.#call(person, backend));
    const [link] = /http[^"]*\/connect\/entra[^"]*/.exec(said) ?? [];
    if (link === undefined) throw new Error(`${person.login} is not asked to connect: ${said}`);
    return link;
  }

  /** @returns the claims that the tenant was asked to show. */
  async connect({ login, browser }: EntraPerson, link: string): Promise<string | null> {
    this.entra.login = login;
    const before = this.entra.authorizations.length;
    await signIn(browser, link, { login, password: PASSWORD });
    expect([browser.page.status, browser.page.text]).toEqual([200, expect.stringContaining('is connected')]);
    expect(this.entra.authorizations).toHaveLength(before + 1);
    return this.entra.authorizations.at(-1)?.get('claims') ?? null;
  }
}
