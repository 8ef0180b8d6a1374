import type { ConfiguredSecret } from '../model/configured-secret.js';
import type { GatehouseYaml } from '../yaml/gatehouse-yaml.js';
import type { OutgoingAuth, OutgoingStrategy } from '../model/outgoing-auth.js';
import type { Path } from '../findings/path.js';
import type { SecretResolver } from '../secrets/secret-resolver.js';
import { buildAwsSts } from './aws-sts.js';
import { buildClientCredentials } from './endpoint-client.js';
import { buildGoogleServiceAccount } from './google-service-account.js';
import { buildObo } from './obo.js';
import { destination } from './token-destination.js';
import { buildTokenExchange } from './token-exchange.js';
import { buildXaa } from './xaa.js';

type Written = GatehouseYaml['outgoingAuth'];
type WrittenStrategy = Written['default'];

/** @param providers names of the upstream providers */
export function buildOutgoingAuth(
  written: Written,
  secrets: SecretResolver,
  providers: readonly string[],
): OutgoingAuth<ConfiguredSecret> {
  return {
    source: written.source,
    default: buildStrategy(written.default, ['outgoingAuth', 'default'], secrets, providers),
    backends: new Map(
      Object.entries(written.backends).map(([name, strategy]) => [
        name,
        buildStrategy(strategy, ['outgoingAuth', 'backends', name], secrets, providers),
      ]),
    ),
  };
}

function buildStrategy(
  written: WrittenStrategy,
  path: Path,
  secrets: SecretResolver,
  providers: readonly string[],
): OutgoingStrategy<ConfiguredSecret> {
  switch (written.type) {
    case 'unauthenticated':
      return { type: 'unauthenticated' };
    case 'headerInjection':
    case 'header_injection': {
      const { headerName, headerValue, scheme = '', perUser } = present(written.headerInjection);
      if (perUser !== undefined)
        return { type: 'userHeader', header: { headerName, scheme }, secret: perUser };
      return {
        type: 'headerInjection',
        headerName,
        ...(scheme === '' ? {} : { scheme }),
        headerValue: secrets.secret(headerValue ?? {}, [...path, 'headerInjection', 'headerValue'], {
          kind: 'headerValue',
          owners: ['vmcp-proxy'],
        }),
      };
    }
    case 'upstreamInject':
    case 'upstream_inject': {
      const { providerName, ...token } = present(written.upstreamInject);
      return { type: 'upstreamInject', providerName, ...destination(token) };
    }
    case 'tokenExchange':
    case 'token_exchange':
      return buildTokenExchange(present(written.tokenExchange), [...path, 'tokenExchange'], secrets);
    case 'clientCredentials':
    case 'client_credentials':
      return buildClientCredentials(
        present(written.clientCredentials),
        [...path, 'clientCredentials'],
        secrets,
      );
    case 'googleServiceAccount':
      return buildGoogleServiceAccount(
        present(written.googleServiceAccount),
        [...path, 'googleServiceAccount'],
        secrets,
      );
    case 'awsSts':
    case 'aws_sts':
      return buildAwsSts(present(written.awsSts), [...path, 'awsSts'], secrets, providers);
    case 'obo':
      return buildObo(present(written.obo), [...path, 'obo'], secrets, providers);
    case 'xaa':
      return buildXaa(present(written.xaa), [...path, 'xaa'], secrets, providers);
  }
}

function present<T>(block: T | undefined): T {
  if (block === undefined) throw new Error('A strategy without its fields passed the structure checks.');
  return block;
}
