/**
 * A stand-in for the desktop's browser: `BROWSER=<wrapper> mcp-remote …` opens the authorization URL (the last argument)
 * here, signs in as the person that GATEHOUSE_DEMO_PERSON names, and goes on to the client's loopback callback.
 */
import { ScriptedBrowser, type Landing } from './scripted-browser.js';
import { signIn } from './sign-in.js';

const DEMONSTRATION_PASSWORD = 'demo';

/** The client's callback, as the request names it; `undefined` when it travels elsewhere (PAR). */
function callbackOf(authorizationUrl: URL): URL | undefined {
  return URL.parse(authorizationUrl.searchParams.get('redirect_uri') ?? '') ?? undefined;
}

async function walk(
  authorizationUrl: URL,
  login: string,
): Promise<Landing | { kind: 'lost'; reason: string }> {
  const callback = callbackOf(authorizationUrl);
  const stopAt = (url: URL): boolean => url.host === callback?.host && url.pathname === callback.pathname;
  const browser = new ScriptedBrowser({ stopAt });
  const atClient = new ScriptedBrowser();
  try {
    const outcome = await signIn(browser, authorizationUrl, { login, password: DEMONSTRATION_PASSWORD });
    if (outcome.kind === 'redirected') return await atClient.open(outcome.url);
    // Where the callback is not known beforehand, the walk goes through it and ends on the client's own page.
    if (callback === undefined && outcome.page.status < 400) return { kind: 'page', page: outcome.page };
    return {
      kind: 'lost',
      reason: `${outcome.reason} (status ${outcome.page.status}, "${outcome.page.title}")`,
    };
  } finally {
    await Promise.all([browser.close(), atClient.close()]);
  }
}

async function main(): Promise<number> {
  const url = URL.parse(process.argv.at(-1) ?? '');
  if (url === null) {
    console.error('usage: GATEHOUSE_DEMO_PERSON=alice gatehouse-browser <url>');
    return 2;
  }
  const end = await walk(url, process.env['GATEHOUSE_DEMO_PERSON'] ?? 'alice');
  if (end.kind === 'lost') console.error(`sign-in not completed: ${end.reason}`);
  return end.kind === 'page' && end.page.status < 400 ? 0 : 1;
}

process.exitCode = await main();
