import type { Path } from '../findings/path.js';
import { isFields } from '../from-manifests/manifest-object.js';
import { GROUP } from '../manifest-fields/kinds.js';
import { authServerConfig } from './auth-server.js';
import { goDuration, markSaid, Remainder, sameNames, secretRefOf } from './remainder.js';
import { strategyConfig } from './strategies.js';
import { telemetryConfig } from './telemetry.js';

type Fields = Record<string, unknown>;

export interface Manifests {
  readonly objects: readonly Fields[];
  /** What manifests cannot say, in the native form. It stands beside them. */
  readonly beside: Fields;
}

/** Writes a native document as manifests. @param native of a configuration that was checked */
export function toManifests(native: Fields, namespace = 'default'): Manifests {
  return new Conversion(new Remainder(native), namespace).manifests();
}

class Conversion {
  private readonly objects: Fields[] = [];
  private readonly name: string;

  constructor(
    private readonly rest: Remainder,
    private readonly namespace: string,
  ) {
    this.name = String(rest.take(['name']));
  }

  manifests(): Manifests {
    const { rest, name } = this;
    this.object('MCPGroup', name);
    // Before anything is taken that they depend on.
    const incomingAuth = this.incomingAuth();
    this.backends();
    const outgoingAuth = this.outgoingAuth();
    const authServer = authServerConfig(rest);
    const config = {
      aggregation: this.aggregation(),
      operational: this.operational(),
      audit: blocks(rest.takeFields(['telemetry', 'audit'], sameNames('enabled'))),
      telemetry: telemetryConfig(rest),
    };
    this.object('VirtualMCPServer', name, {
      groupRef: { name },
      ...(authServer === undefined ? {} : { authServerConfig: authServer }),
      incomingAuth,
      outgoingAuth,
      ...rest.takeFields([], sameNames('passthroughHeaders')),
      ...blocks({ config: blocks(config) }),
    });
    return { objects: this.objects, beside: rest.pruned() };
  }

  private object(kind: string, name: string, spec?: Fields): void {
    this.objects.push({
      apiVersion: `${GROUP}/v1beta1`,
      kind,
      metadata: { name, namespace: this.namespace },
      ...(spec === undefined ? {} : { spec }),
    });
  }

  private incomingAuth(): Fields {
    const { rest, name } = this;
    if (rest.read(['incomingAuth', 'type']) === 'anonymous') {
      rest.take(['incomingAuth', 'type']);
      return { type: 'anonymous' };
    }
    const path: Path = ['incomingAuth', 'oidc'];
    const publicUrl = String(rest.take(['publicUrl']));
    const hasAuthServer = rest.read(['authServer']) !== undefined;
    const issuer = rest.take([...path, 'issuer']) ?? rest.read(['authServer', 'issuer']) ?? publicUrl;
    const audience = rest.take([...path, 'audience']) ?? `${publicUrl}/mcp`;
    const resourceUrl = rest.take([...path, 'resourceUrl']) ?? `${publicUrl}/mcp`;
    rest.take(['incomingAuth', 'type']);
    // Manifests without scopes ask for none, as service accounts do, or say with theirs what the authorization server has.
    const hasScopes = rest.read([...path, 'kubernetesServiceAccount']) === undefined;
    if (!hasAuthServer && hasScopes && rest.read([...path, 'scopes']) === undefined)
      rest.put([...path, 'scopes'], ['openid']);
    this.object('MCPOIDCConfig', name, {
      type: 'inline',
      inline: {
        issuer,
        ...rest.takeFields(path, {
          jwksUrl: 'jwksUrl',
          allowPrivateIps: 'jwksAllowPrivateIP',
          insecureAllowHttp: 'insecureAllowHTTP',
        }),
        ...this.introspection(),
      },
    });
    return { type: 'oidc', oidcConfigRef: { name, audience, resourceUrl } };
  }

  /** The client that asks about opaque tokens: whole, or not at all. */
  private introspection(): Fields {
    const path: Path = ['incomingAuth', 'oidc', 'introspection'];
    const written = this.rest.read(path);
    const clientSecretRef = isFields(written) ? secretRefOf(written['clientSecret']) : undefined;
    if (!isFields(written) || clientSecretRef === undefined) return {};
    this.rest.take(path);
    return { introspectionUrl: written['url'], clientId: written['clientId'], clientSecretRef };
  }

  /** Backends keep their order, so those of the manifests come first or there are none. */
  private backends(): void {
    const { rest, name: group } = this;
    const backends = rest.read(['backends']);
    if (
      !Array.isArray(backends) ||
      !backends.every((backend) => isFields(backend) && typeof backend['url'] === 'string')
    )
      return;
    backends.forEach((backend: Fields, index) => {
      const path = ['backends', index];
      const { allowPrivateIps, insecureAllowHttp } = backend;
      const isOpen = allowPrivateIps === true && insecureAllowHttp === true;
      const written = String(rest.take([...path, 'url']));
      this.object('MCPServerEntry', String(backend['name']), {
        groupRef: { name: group },
        remoteUrl: written,
        transport: rest.take([...path, 'transport']) ?? 'streamable-http',
        ...(isOpen ? rest.takeFields(path, { allowPrivateIps: 'allowPrivateEndpoint' }) : {}),
      });
      markSaid(backend);
    });
  }

  private outgoingAuth(): Fields {
    const { rest } = this;
    const strategies: Fields = {};
    const backends = rest.read(['outgoingAuth', 'backends']);
    for (const name of isFields(backends) ? Object.keys(backends) : []) {
      const reference = this.strategy(['outgoingAuth', 'backends', name], `${name}-auth`);
      if (reference !== undefined) strategies[name] = reference;
    }
    const fallback = this.strategy(['outgoingAuth', 'default'], 'default-auth');
    rest.take(['outgoingAuth', 'source']);
    return { source: 'inline', ...blocks({ default: fallback, backends: blocks(strategies) }) };
  }

  private strategy(path: Path, wanted: string): Fields | undefined {
    const spec = strategyConfig(this.rest, path);
    if (spec === undefined) return undefined;
    const name = /^[a-z0-9-]{1,63}$/.test(wanted) ? wanted : `auth-${this.objects.length}`;
    this.object('MCPExternalAuthConfig', name, spec);
    return { type: 'externalAuthConfigRef', externalAuthConfigRef: { name } };
  }

  private aggregation(): Fields | undefined {
    return blocks(
      this.rest.takeFields(
        ['aggregation'],
        sameNames(
          'conflictResolution',
          'conflictResolutionConfig',
          'defaultToolVisibility',
          'excludeAllTools',
          'tools',
        ),
      ),
    );
  }

  private operational(): Fields | undefined {
    const { rest } = this;
    const path: Path = ['operational'];
    const failures = [...path, 'failureHandling'];
    const circuit = [...failures, 'circuitBreaker'];
    return blocks({
      timeouts: blocks({
        ...rest.takeFields([...path, 'timeouts'], sameNames('default'), goDuration),
        ...rest.takeFields([...path, 'timeouts'], sameNames('perWorkload'), (times) =>
          isFields(times)
            ? Object.fromEntries(Object.entries(times).map(([name, time]) => [name, goDuration(time)]))
            : undefined,
        ),
      }),
      failureHandling: blocks({
        ...rest.takeFields(failures, sameNames('healthCheckInterval', 'healthCheckTimeout'), goDuration),
        ...rest.takeFields(failures, sameNames('unhealthyThreshold')),
        ...rest.takeFields(failures, sameNames('partialFailureMode'), (mode) =>
          mode === 'bestEffort' ? 'best_effort' : mode,
        ),
        circuitBreaker: blocks({
          ...rest.takeFields(circuit, sameNames('enabled', 'failureThreshold')),
          ...rest.takeFields(circuit, sameNames('timeout'), goDuration),
        }),
      }),
    });
  }
}

/** Without what is not there; nothing at all when nothing is left. */
function blocks(fields: Fields): Fields | undefined {
  const left = Object.entries(fields).filter(([, value]) => value !== undefined);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}
