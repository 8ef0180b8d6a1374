import { OAuthClient } from '@gatehouse/testing/oauth-client';
import { startWorld, type World } from '@gatehouse/testing/world';
import { EverythingBackend, type Eras } from '../everything/everything-backend.js';

/** The whole gateway before one backend that has everything, under the names that the backend gives. */
export interface EverythingWorld {
  readonly world: World;
  readonly backend: EverythingBackend;
  /** Of a person who has signed in at every provider. */
  readonly accessToken: string;
  close(): Promise<void>;
}

export async function startEverythingWorld(eras: Eras, proxies = 1): Promise<EverythingWorld> {
  const backend = await EverythingBackend.start(eras);
  const world = await startWorld({ proxies, configure: before(backend.url) });
  const close = async (): Promise<void> => {
    await world.close();
    await backend.close();
  };
  try {
    const { accessToken } = await (await OAuthClient.register(world.mcpUrl)).signIn('alice');
    return { world, backend, accessToken, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The one backend gets the person's own token of a provider, and keeps its names. */
const before =
  (url: string) =>
  (yaml: string): string =>
    yaml
      .replace(/^backends:\n(?: {2}.*\n)+/m, `backends:\n  - { name: everything, url: ${url} }\n`)
      .replace(
        /^ {2}backends:\n(?: {4}.*\n)+/m,
        '  backends:\n    everything: { type: upstreamInject, upstreamInject: { providerName: octo } }\n',
      )
      .replace(
        /^aggregation:\n(?: {2}.*\n)+/m,
        'aggregation:\n  conflictResolution: priority\n  conflictResolutionConfig: { priorityOrder: [everything] }\n',
      );
