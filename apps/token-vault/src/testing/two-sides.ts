import { connectionBegin } from '@gatehouse/contracts/token-vault/connection-begin';
import { newAttemptId } from '@gatehouse/kernel/ids';
import type { Provider } from '../providers/provider-registry.js';
import { StubProvider } from './stub-provider.js';
import { BROWSER } from './vault-client.js';
import { oauth2Provider, oidcProvider } from './vault-config.js';
import { startVaultWorld, type VaultWorld } from './vault-world.js';

/** Kinds of provider as far as telling its answers apart goes. */
export type Kind = 'oidc' | 'oauth2' | 'oauth2 with an issuer';
export const KINDS: readonly Kind[] = ['oidc', 'oauth2', 'oauth2 with an issuer'];

export interface Side {
  readonly name: string;
  readonly stub: StubProvider;
}

/** A chain of honest and hostile providers, one of each kind, each at an address of its own. */
export interface TwoSides {
  readonly world: VaultWorld;
  readonly honest: Readonly<Record<Kind, Side>>;
  readonly hostile: Readonly<Record<Kind, Side>>;
  readonly begin: (side: Side, attemptId?: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

const nameOf = (who: string, kind: Kind): string => `${who}-${kind.replaceAll(' ', '-')}`;

function providerOf(kind: Kind, { name, stub }: Side): Provider {
  switch (kind) {
    case 'oidc':
      return oidcProvider(name, stub.issuer);
    case 'oauth2':
      return oauth2Provider(name, stub.issuer);
    case 'oauth2 with an issuer':
      return oauth2Provider(name, stub.issuer, { issuer: stub.issuer });
  }
}

async function sidesOf(who: string): Promise<Record<Kind, Side>> {
  const side = async (kind: Kind): Promise<Side> => ({
    name: nameOf(who, kind),
    stub: await new StubProvider().start(),
  });
  return {
    oidc: await side('oidc'),
    oauth2: await side('oauth2'),
    'oauth2 with an issuer': await side('oauth2 with an issuer'),
  };
}

/** @param callbackOf where to send the browser back to, when it is not the provider's own callback */
export async function startTwoSides(
  callbackOf: (kind: Kind) => string | undefined = () => undefined,
): Promise<TwoSides> {
  const [honest, hostile] = [await sidesOf('honest'), await sidesOf('hostile')];
  const providers = KINDS.flatMap((kind) =>
    [honest[kind], hostile[kind]].map((side) => {
      const redirectUri = callbackOf(kind);
      return { ...providerOf(kind, side), ...(redirectUri === undefined ? {} : { redirectUri }) };
    }),
  );
  const world = await startVaultWorld({ providers: () => providers });
  return {
    world,
    honest,
    hostile,
    begin: async ({ name: provider }, attemptId = newAttemptId()) => {
      const begun = await world.client.ask(connectionBegin, {
        attemptId,
        provider,
        browserBinding: BROWSER,
      });
      return begun.authorizationUrl;
    },
    close: async () => {
      await world.close();
      const sides = [...Object.values(honest), ...Object.values(hostile)];
      await Promise.all(sides.map(({ stub }) => stub.stop()));
    },
  };
}
