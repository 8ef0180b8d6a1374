import { performance } from 'node:perf_hooks';
import { newBrowser, OAuthClient } from '@gatehouse/testing/oauth-client';
import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import { startWorld, type World } from '@gatehouse/testing/world';
import { LONG_LIVED } from '../bench-world.js';
import { round } from '../figures.js';
import { rssMiB } from '../processes.js';
import type { Part, Row } from './figures-of-scale.js';
import { reconfigured, took, validated } from './lists.js';
import { fromElsewhere, withPeopleApart } from './people.js';

/** One sign-in through all of so many providers, all required. From the second on all are at one authorization server. */
const COUNTS = [1, 2, 5, 10, 20, 50];
const LAST_OF_FIXED = 2;

export const providers: Part = {
  name: 'providers',
  async measure({ of }) {
    const counts = of(COUNTS, [1, 2, 10]);
    const world = await startWorld({
      demonstrationFlags: (portBase) => [...LONG_LIVED, ...callbacks(portBase, Math.max(...counts))],
      configure: withPeopleApart,
      nodeFlags: [],
    });
    try {
      const rows: Row[] = [];
      for (const count of counts) rows.push(await measured(world, count));
      return { 'a sign-in through all providers': rows };
    } finally {
      await world.close();
    }
  },
};

const nameOf = (index: number): string => ['acme-sso', 'octo'][index] ?? `octo-${index}`;

/** Each provider admits the callbacks of all. */
const callbacks = (portBase: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => [
    '--callback-url',
    `http://localhost:${portBase + PORT_OFFSETS['authorization-server']}/oauth/callback/${nameOf(index)}`,
  ]).flat();

function withProviders(yaml: string, count: number): string {
  const octo = /^ {4}- name: octo\b[^]*?(?=^\S)/m.exec(yaml)?.[0] ?? '';
  if (count === 1) return yaml.replace(octo, '\n').replaceAll('providerName: octo', 'providerName: acme-sso');
  const more = Array.from({ length: count - LAST_OF_FIXED }, (_, index) =>
    octo.trimEnd().replace(/name: octo\b.*/, `name: ${nameOf(index + LAST_OF_FIXED)}`),
  );
  return yaml.replace(octo, () => `${[octo.trimEnd(), ...more].join('\n')}\n\n`);
}

async function measured(world: World, count: number): Promise<Row> {
  const { 'authorization-server': servers, 'token-vault': vaults, 'vmcp-proxy': proxies } = world.replicas;
  const programs = [...vaults, ...servers, ...proxies];
  for (const program of programs) await program.stop();
  const validatedMs = await validated(await reconfigured(world, (yaml) => withProviders(yaml, count)));
  const startedMs: number[] = [];
  for (const program of programs) startedMs.push(await took(async () => await program.start()));
  const client = await OAuthClient.register(world.mcpUrl);
  return {
    providers: count,
    'validate ms': round(validatedMs, 0),
    'vault start ms': round(startedMs[0] ?? 0, 0),
    'server start ms': round(startedMs[1] ?? 0, 0),
    ...(await signedIn(world, client, `person-${count}`)),
    'server memory MiB': round(rssMiB(servers[0]?.pid ?? 0), 0),
    'vault memory MiB': round(rssMiB(vaults[0]?.pid ?? 0), 0),
  };
}

/** A person whom no provider knows yet, and the pages that they see. */
async function signedIn(world: World, client: OAuthClient, login: string): Promise<Row> {
  const browser = newBrowser(undefined, fromElsewhere());
  try {
    const pageMs = await took(async () => await browser.open(client.authorizationRequest().url));
    const approval = browser.page;
    const before = browser.visited.length;
    const beganAtMs = performance.now();
    const outcome = await client.signIn(login, browser).then(
      () => 'done',
      (error: unknown) => String(error).split(',')[0] ?? '',
    );
    const signInMs = performance.now() - beganAtMs;
    const requests = browser.visited.length - before;
    const listMs = await took(async () => await browser.open(`${world.issuer}/connections`));
    return {
      'page to approve ms': round(pageMs, 0),
      'page to approve KB': kb(approval.html),
      'sign-in ms': round(signInMs, 0),
      requests,
      'sign-in': outcome,
      'connections page ms': round(listMs, 0),
      'connections page KB': kb(browser.page.html),
    };
  } finally {
    await browser.close();
  }
}

const kb = (html: string): number => round(Buffer.byteLength(html) / 1_000, 1);
