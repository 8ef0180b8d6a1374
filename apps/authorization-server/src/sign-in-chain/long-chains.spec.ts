import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import type { AuthorizationServerPart } from '@gatehouse/config/parts';
import { shareWorld, startServiceWorld, type ServiceWorld } from '../testing/service-world.js';
import { callbackOf, REDIRECT_URI, type TestService } from '../testing/test-service.js';
import { hiddenFields, pageName, type Answer } from '../testing/test-browser.js';

let world: ServiceWorld;
shareWorld(startServiceWorld, (started) => (world = started));

/** Safari's; others follow twenty. */
const MOST_REDIRECTS = 16;
/** Between a provider that knows the person and the callback, its own redirects among them. */
const OF_A_PROVIDER = 3;

const withProviders = (count: number): Partial<AuthorizationServerPart> => ({
  upstreamProviders: [
    ...world.service.config.upstreamProviders.slice(0, 1),
    ...Array.from({ length: count - 1 }, (_, index) => ({
      type: 'oauth2' as const,
      name: `provider-${index}`,
      requirement: 'required' as const,
      scopes: [],
      backends: [],
    })),
  ],
});

interface Run {
  readonly end: Answer;
  /** In a row, without a page. */
  readonly mostRedirects: number;
  readonly pages: readonly (string | undefined)[];
}

/** As a browser goes whose person every provider knows: they see no page but those of the gateway. */
async function run(service: TestService, login: string): Promise<Run> {
  const browser = service.browser();
  const approval = await service.approvalPage(browser);
  let [inARow, mostRedirects] = [0, 0];
  const pages: (string | undefined)[] = [];
  let at = await browser.post(approval.url, { ...hiddenFields(approval.body), decision: 'approve' });
  for (;;) {
    if (at.location?.startsWith(REDIRECT_URI) === true) return { end: at, mostRedirects, pages };
    if (at.location === undefined) {
      pages.push(pageName(at));
      const onward = /^0;url=(.+)$/.exec(at.headers.get('refresh') ?? '')?.[1];
      if (onward === undefined) return { end: at, mostRedirects, pages };
      inARow = 0;
      at = await browser.get(new URL(onward, at.url).href);
      continue;
    }
    const isAway = !at.location.startsWith(service.issuer);
    inARow += isAway ? OF_A_PROVIDER : 1;
    mostRedirects = Math.max(mostRedirects, inARow);
    at = isAway
      ? await browser.get(callbackOf(at, { code: `${new URL(at.location).hostname}-${login}` }))
      : await browser.get(at.location);
  }
}

test.each([3, 4, 5, 14])(
  'a sign-in through %d providers that ask nothing gets to its end within the redirects that browsers follow',
  async (count) => {
    const service = await world.startAnother(withProviders(count));
    const { end, mostRedirects, pages } = await run(service, `alice-${count}`);
    expect(end.location).toContain('code=');
    expect(mostRedirects).toBeLessThanOrEqual(MOST_REDIRECTS);
    expect(new Set(pages)).toEqual(new Set(['onward']));
  },
);

test('a sign-in through two providers shows no page in between', async () => {
  const service = await world.startAnother(withProviders(2));
  const { mostRedirects, pages } = await run(service, 'bob');
  expect(pages).toEqual([]);
  expect(mostRedirects).toBeLessThanOrEqual(MOST_REDIRECTS);
});
