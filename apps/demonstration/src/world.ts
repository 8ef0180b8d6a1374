import { PORT_OFFSETS } from '@gatehouse/kernel/default-ports';
import type { RequestListener } from 'node:http';
import { repos } from './backends/repos.js';
import { tickets, TICKETS_PATH, TICKETS_SELF_PATH } from './backends/tickets.js';
import { controlListener } from './control/control-server.js';
import { TestControl, type ControlledPart } from './control/test-control.js';
import { keysAt, keysOf } from './http/issuer-keys.js';
import { listen, type Listening } from './http/listen.js';
import { ACME_API, acmeSso } from './identity-providers/acme-sso.js';
import { octo, OCTO_INTROSPECTION_CLIENT, OCTO_INTROSPECTION_PATH } from './identity-providers/octo.js';
import { PARTS, type IssuerName, type PartName } from './parts.js';
import type { Settings } from './settings.js';
import { sts } from './token-exchange/sts.js';

/** A running demonstration world. */
export interface World {
  /** Public URLs, of the parts that run elsewhere as well. */
  readonly urls: Readonly<Record<PartName, string>>;
  readonly controlUrl: string | undefined;
  close(): Promise<void>;
}

interface Running {
  readonly listener: RequestListener;
  readonly controlled: ControlledPart;
}

/** Binds every port first, so that a taken one is known before anything runs, then starts the parts. */
export async function startWorld(settings: Settings): Promise<World> {
  const servers = new Map<PartName | 'control', Listening>();
  const close = async (): Promise<void> => {
    await Promise.all([...servers.values()].map((server) => server.close()));
  };
  try {
    for (const part of settings.only)
      servers.set(part, await listen(part, settings.host, portOf(settings, part)));
    if (settings.control)
      servers.set('control', await listen('control', '127.0.0.1', portOf(settings, 'control')));
    const urls = urlsOf(settings, servers);
    const control = settings.control ? new TestControl() : undefined;
    const controlled = new Map<PartName, ControlledPart>();
    for (const part of settings.only) {
      const running = await startPart(part, { settings, urls, control });
      servers.get(part)?.serve(running.listener);
      controlled.set(part, running.controlled);
    }
    const controlServer = servers.get('control');
    if (control !== undefined) controlServer?.serve(controlListener(control, controlled));
    const controlUrl = controlServer === undefined ? undefined : `http://127.0.0.1:${controlServer.port}`;
    return { urls, controlUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const portOf = ({ portBase }: Settings, server: PartName | 'control'): number =>
  portBase === 0 ? 0 : portBase + PORT_OFFSETS[server];

function urlsOf(
  settings: Settings,
  servers: ReadonlyMap<PartName | 'control', Listening>,
): Readonly<Record<PartName, string>> {
  const urlOf = (part: PartName): string =>
    settings.urls[part] ??
    `http://${settings.publicHost}:${servers.get(part)?.port ?? portOf(settings, part)}`;
  return Object.fromEntries(PARTS.map((part) => [part, urlOf(part)])) as Record<PartName, string>; // all parts, by construction
}

interface Surroundings {
  readonly settings: Settings;
  readonly urls: Readonly<Record<PartName, string>>;
  readonly control: TestControl | undefined;
}

function startPart(part: PartName, surroundings: Surroundings): Promise<Running> | Running {
  const { settings, urls, control } = surroundings;
  const { introspectionClientSecret } = settings;
  switch (part) {
    case 'acme-sso': {
      const { acmeSsoBrowserUrl: browserUrl, acmeClientSecret: clientSecret } = settings;
      const accessTokenTtlSeconds = settings.acmeAccessTokenTtlSeconds;
      return acmeSso(
        {
          url: urls[part],
          browserUrl,
          callbackUrls: settings.callbackUrls[part],
          clientSecret,
          accessTokenTtlSeconds,
        },
        control,
      );
    }
    case 'octo': {
      const { octoClientSecret: clientSecret, octoAccessTokenTtlSeconds: accessTokenTtlSeconds } = settings;
      const secrets = { clientSecret, introspectionClientSecret };
      const callbackUrls = settings.callbackUrls[part];
      const { octoSendsIssuer: sendsIssuer } = settings;
      return octo({ url: urls[part], callbackUrls, accessTokenTtlSeconds, sendsIssuer, ...secrets }, control);
    }
    case 'sts':
      return startSts(surroundings);
    case 'repos': {
      const endpoint = `${reach(surroundings, 'octo')}${OCTO_INTROSPECTION_PATH}`;
      const clientId = OCTO_INTROSPECTION_CLIENT;
      return repos({ endpoint, clientId, clientSecret: introspectionClientSecret }, control);
    }
    case 'tickets': {
      const exchanged = trust(surroundings, 'sts');
      const acmeTokens = { ...trust(surroundings, 'acme-sso'), audience: ACME_API };
      return tickets({ sts: exchanged, acmeSso: acmeTokens, reportsApiKey: settings.reportsApiKey }, control);
    }
  }
}

function startSts(surroundings: Surroundings): Promise<Running> {
  const { settings, urls, control } = surroundings;
  const { gatewayIssuer: issuer, gatewayJwksUrl } = settings;
  const gateway = { issuer, keys: gatewayJwksUrl === undefined ? keysOf(issuer) : keysAt(gatewayJwksUrl) };
  const acmeTokens = { ...trust(surroundings, 'acme-sso'), audience: ACME_API };
  return sts(
    {
      url: urls.sts,
      clientSecret: settings.stsClientSecret,
      tokenTtlSeconds: settings.stsTokenTtlSeconds,
      trusted: [acmeTokens, gateway],
      resources: {
        [`${urls.tickets}${TICKETS_PATH}`]: 'tickets',
        [`${urls.tickets}${TICKETS_SELF_PATH}`]: 'tickets-self',
      },
    },
    control,
  );
}

/** Where the other parts reach an issuer. */
const reach = ({ settings, urls }: Surroundings, issuer: IssuerName): string =>
  settings.internalUrls[issuer] ?? urls[issuer];

/** What it takes to check the signed tokens of an issuer of this world. */
const trust = (surroundings: Surroundings, issuer: 'acme-sso' | 'sts') => ({
  issuer: surroundings.urls[issuer],
  keys: keysAt(`${reach(surroundings, issuer)}/jwks`),
  isEnded: (token: string): boolean => surroundings.control?.isEnded(token) === true,
});
