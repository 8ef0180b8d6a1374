import { SigningKeys } from '../signing-keys/signing-keys.js';
import { PUBLISHED_BEFORE_MS } from '../signing-keys/rotation-plan.js';
import { WatchSigningKeys } from '../signing-keys/watch-signing-keys.job.js';
import type { ServiceWorld } from './service-world.js';
import type { TestService } from './test-service.js';

/** The keys of replicas, and what an operator and time do with them. */
export class RotatedKeys {
  constructor(
    private readonly world: ServiceWorld,
    private readonly replicas: readonly TestService[],
  ) {}

  get(at: TestService): SigningKeys {
    return at.app.get(SigningKeys);
  }

  /** All replicas look. A look that runs already may have begun before what it is to see. */
  async look(): Promise<void> {
    for (const { app } of this.replicas) {
      await app.get(WatchSigningKeys).look();
      await app.get(WatchSigningKeys).look();
    }
  }

  /** What `gatehouse keys rotate` does. The next keys are published from now on. */
  async rotate(): Promise<void> {
    await this.#run(
      'keys-ask',
      'update signing_keys set rotation_asked_at = now() where signs_until is null',
    );
    await this.look();
  }

  /** The next keys sign. */
  async change(): Promise<void> {
    await this.pass(PUBLISHED_BEFORE_MS + 60_000);
  }

  /** So much time passes for the keys. */
  async pass(durationMs: number): Promise<void> {
    await this.#run(
      'keys-pass',
      `update signing_keys set signs_from = signs_from - $1 * interval '1 ms',
         signs_until = signs_until - $1 * interval '1 ms'`,
      [durationMs],
    );
    await this.look();
  }

  /** What `gatehouse keys withdraw` does. */
  async withdraw(kid: string): Promise<void> {
    await this.#run('keys-withdraw', 'delete from signing_keys where kid = $1', [kid]);
    await this.look();
  }

  async #run(name: string, text: string, values: readonly unknown[] = []): Promise<void> {
    await this.world.rows.query({ name, text, values });
  }
}

/** Ids of the keys that are published, in their order, and for how long they may be kept. */
export async function publishedAt({ local }: TestService) {
  const response = await fetch(`${local}/.well-known/jwks.json`);
  const { keys } = (await response.json()) as {
    readonly keys: readonly { readonly kid: string; readonly kty: string; readonly d?: string }[];
  };
  return { keys, kids: keys.map(({ kid }) => kid), cacheControl: response.headers.get('cache-control') };
}
