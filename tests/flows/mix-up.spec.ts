import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVICES } from '@gatehouse/kernel/services';
import { signIn } from '@gatehouse/scripted-browser/sign-in';
import { printFigure } from '@gatehouse/testing/figures';
import { freePort } from '@gatehouse/testing/free-port';
import { whoAmI } from '@gatehouse/testing/mcp-calls';
import { newBrowser, OAuthClient, PASSWORD } from '@gatehouse/testing/oauth-client';
import { inRepository } from '@gatehouse/testing/repository';
import { startWorld, type World } from '@gatehouse/testing/world';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { HostileProvider, type Forgery } from '../support/hostile-provider.js';

let world: World;
let hostile: Readonly<Record<'evil-plain' | 'evil-openid', HostileProvider>>;

const issuerIn = (yaml: string): string => /^  issuer: (\S+)$/m.exec(yaml)?.[1] ?? '';

/** Two more providers in the chain, behind the honest ones; one of them has kept the callback that was once common. */
const withHostile = (yaml: string): string =>
  yaml.replace(
    '\nbackends:\n',
    `    - name: evil-plain
      type: oauth2
      requirement: optional
      oauth2Config:
        authorizationEndpoint: ${hostile['evil-plain'].issuer}/authorize
        tokenEndpoint: ${hostile['evil-plain'].issuer}/token
        clientId: gatehouse
        userInfo: { endpointUrl: '${hostile['evil-plain'].issuer}/user' }
    - name: evil-openid
      type: oidc
      requirement: optional
      oidcConfig:
        issuerUrl: ${hostile['evil-openid'].issuer}
        clientId: gatehouse
        redirectUri: ${issuerIn(yaml)}/oauth/callback

backends:
`,
  );

beforeAll(async () => {
  hostile = {
    'evil-plain': await new HostileProvider(await freePort()).start(),
    'evil-openid': await new HostileProvider(await freePort()).start(),
  };
  world = await startWorld({ configure: withHostile });
});

afterAll(async () => {
  await world.close();
  await Promise.all(Object.values(hostile).map((provider) => provider.stop()));
});

beforeEach(async () => {
  for (const provider of Object.values(hostile)) provider.forgery = undefined;
  await world.demonstration.reset();
});

const HONEST = {
  /** OpenID Connect, names itself with iss. */
  'acme-sso': { port: 3, path: '/authorize', scope: 'openid profile email offline_access' },
  /** Plain OAuth 2, says nothing of itself. */
  octo: { port: 4, path: '/login/oauth/authorize', scope: 'repo read:user' },
} as const;

const forgeryAt = (honest: keyof typeof HONEST, callback: 'theirs' | 'its own'): Forgery => {
  const { port, path, scope } = HONEST[honest];
  return {
    authorizationEndpoint: `http://localhost:${world.portBase + port}${path}`,
    scope,
    ...(callback === 'theirs' ? { redirectUri: `${world.issuer}/oauth/callback/${honest}` } : {}),
  };
};

const ATTACKS = (['evil-plain', 'evil-openid'] as const).flatMap((attacker) =>
  (['acme-sso', 'octo'] as const).flatMap((victim) =>
    (['theirs', 'its own'] as const).map((callback) => ({ attacker, victim, callback })),
  ),
);

let people = 0;
let attacks = 0;

describe.each(ATTACKS)(
  '$attacker sends its visitor on to $victim, to come back by $callback callback',
  (attack) => {
    // RFC 9700, section 4.4.
    test('and is not given the code; the visitor can still finish the sign-in (mix-up)', async () => {
      const { attacker, victim, callback } = attack;
      const login = `mixed-${(people += 1)}`;
      const client = await OAuthClient.register(world.mcpUrl);
      const [browser, request] = [newBrowser(), client.authorizationRequest()];
      hostile[attacker].forgery = forgeryAt(victim, callback);
      let ended = await signIn(browser, request.url, { login, password: PASSWORD });
      // The first hostile provider is not part of this attack: it refuses and is skipped.
      if (attacker === 'evil-openid') {
        expect(browser.page.text).toContain('evil-plain');
        await browser.submit({ button: { name: 'decision', value: 'skip' } });
        ended = await signIn(browser, browser.page.url, { login, password: PASSWORD });
      }
      expect(ended.kind).toBe('ended');
      attacks += 1;
      if (callback === 'theirs') {
        const cameBack = new URL(browser.visited.at(-1) ?? '');
        expect([cameBack.pathname, cameBack.searchParams.has('code')]).toEqual([
          `/oauth/callback/${victim}`,
          true,
        ]);
        expect(browser.page.status).toBe(400);
        expect(browser.page.text).toContain('callback_wrong_provider');
      } else {
        // The honest provider has no such callback registered for this client.
        expect(new URL(browser.page.url).port).toBe(String(world.portBase + HONEST[victim].port));
        expect(browser.page.status).toBe(400);
      }
      expect(Object.values(hostile).flatMap(({ codes }) => codes)).toEqual([]);

      hostile[attacker].forgery = undefined;
      const page = browser.visited.find((url) => url.startsWith(`${world.issuer}/sign-in/`)) ?? '';
      let landing = await browser.open(page);
      for (let skips = 0; landing.kind === 'page' && skips < 2; skips += 1)
        landing = await browser.submit({ button: { name: 'decision', value: 'skip' } });
      const code = landing.kind === 'stopped' ? (new URL(landing.url).searchParams.get('code') ?? '') : '';
      const { access_token: accessToken = '' } = await client.redeem(code, request.codeVerifier);
      const { who } = await whoAmI(world.mcpUrl, accessToken, 'repos');
      expect(who?.subject).toBe(`octo-${login}`);
      // The honest legs were walked once, and nothing was lost.
      const { 'acme-sso': acme, octo } = await world.demonstration.counts();
      for (const { redemptions } of [acme, octo]) expect(redemptions['authorization_code']).toBe(1);
    });
  },
);

test('a service says at start what of its configuration deserves a second look', () => {
  for (const service of SERVICES) {
    const [replica] = world.replicas[service];
    const warned = (replica?.output ?? '')
      .split('\n')
      .filter((line) => line.includes('configuration-warning'))
      .map((line) => (JSON.parse(line) as { path: string }).path);
    // Replicas listen behind a balancer, which a configuration on one machine does not know.
    expect(warned.toSorted()).toEqual([
      'authServer.issuer',
      'authServer.upstreamProviders[3].oidcConfig.redirectUri',
      'publicUrl',
    ]);
  }
});

test('of all attacks none brought a code to a hostile provider', () => {
  const codes = Object.values(hostile).flatMap((provider) => provider.codes).length;
  printFigure(`mix-ups of a whole gateway: ${attacks}, codes at the hostile provider: ${codes}`);
  expect([attacks, codes]).toEqual([ATTACKS.length, 0]);
});

describe('gatehouse validate', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-callbacks-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const COMMON = 'http://localhost:4484/oauth/callback';
  const shared = (yaml: string): string =>
    yaml.replaceAll(/^( +)clientId: gatehouse$/gm, `$1clientId: gatehouse\n$1redirectUri: ${COMMON}`);
  const named = (yaml: string): string =>
    yaml.replace('oauth2Config:\n', 'oauth2Config:\n        issuer: http://localhost:4487\n');

  async function validate(change: (yaml: string) => string, ...flags: readonly string[]) {
    const file = join(folder, 'gatehouse.yaml');
    await writeFile(
      file,
      change(await readFile(inRepository('examples/demonstration/gatehouse.yaml'), 'utf8')),
    );
    const args = [inRepository('apps/gatehouse/dist/main.js'), 'validate', file, ...flags];
    return await new Promise<{ failed: boolean; output: string }>((resolve) =>
      execFile(process.execPath, args, (error, stdout, stderr) =>
        resolve({ failed: error !== null, output: stdout + stderr }),
      ),
    );
  }

  test('--explain prints the callback to register at each provider', async () => {
    const { failed, output } = await validate((yaml) => yaml, '--explain');
    expect(failed).toBe(false);
    for (const provider of ['acme-sso', 'octo'])
      expect(output).toMatch(
        new RegExp(`upstreamProviders\\.${provider}\\.redirectUri +${COMMON}/${provider} +\\(.*register`),
      );
    expect(output).not.toContain('warning');
  });

  test('refuses one callback for two providers of which one says nothing of itself (mix-up)', async () => {
    const { failed, output } = await validate(shared);
    expect(failed).toBe(true);
    expect(output).toContain('authServer.upstreamProviders[1].oauth2Config.issuer');
    expect(output).toContain('octo shares its callback with acme-sso');
  });

  test('warns of one callback for providers that say who they are, and lets it be', async () => {
    const { failed, output } = await validate((yaml) => named(shared(yaml)));
    expect(failed).toBe(false);
    expect(output).toContain('2 warnings');
    expect(output).toMatch(
      /gatehouse\.yaml:\d+ {2}authServer\.upstreamProviders\[0\]\.oidcConfig\.redirectUri/,
    );
  });
});
