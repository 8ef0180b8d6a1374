import { authorizationServerPart, tokenVaultPart, vmcpProxyPart } from '@gatehouse/config/parts';
import { natsUser } from '@gatehouse/config/secrets/secret-kinds';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { shownText } from '../shown-text.js';
import { askedAudiences } from './asked-audiences.js';
import { backendChecks } from './backend-checks.js';
import { busCheck } from './bus-checks.js';
import { certificateChecks } from './certificate.js';
import { databaseCheck } from './database-checks.js';
import { documentChecks } from './document-checks.js';
import { externalIssuerChecks } from './external-issuer.js';
import { looked, PATIENCE, type Check, type DoctorFact, type DoctorFinding } from './finding.js';
import { partsOf, type Installation } from './installation.js';
import { keyFindings } from './key-checks.js';
import { keyRowsCheck } from './key-rows-checks.js';
import { once } from './once.js';
import { providerChecks } from './provider-checks.js';
import { publicChecks } from './public-checks.js';
import { recordedChecks } from './recorded-checks.js';
import { recordedTokens, type Recorded } from './recorded-tokens.js';
import { secretValuesIn } from './secret-values.js';

export interface Diagnosis {
  /** How many looks were taken. */
  readonly checks: number;
  readonly findings: readonly DoctorFinding[];
  /** What else was seen: what tokens are issued, and what backends speak. */
  readonly facts: readonly DoctorFact[];
}

/** Looks at everything that an installation needs, all at once, and changes nothing. */
export async function diagnose(installation: Installation): Promise<Diagnosis> {
  const { model, models, findings } = partsOf(installation);
  const { checkMs } = installation.patience ?? PATIENCE;
  const checks = model === undefined ? [] : checksOf(model, models, installation);
  const seen = await looked(checks, checkMs);
  const all = [...findings, ...keyFindings(models), ...seen.findings];
  const secrets = secretValuesIn(models);
  return {
    checks: checks.length,
    findings: all.map((finding) => shown(finding, secrets)),
    facts: seen.facts.map(({ about, what, is }) => ({
      about: shownText(about, secrets),
      what,
      is: shownText(is, secrets),
    })),
  };
}

/** What is asked may quote what it was sent, and write whatever it likes. */
const shown = (finding: DoctorFinding, secrets: readonly string[]): DoctorFinding => ({
  name: finding.name,
  about: shownText(finding.about, secrets),
  cause: shownText(finding.cause, secrets),
  evidence: shownText(finding.evidence, secrets),
  fix: shownText(finding.fix, secrets),
});

function checksOf(
  model: GatehouseModel,
  models: ReadonlyMap<Service, GatehouseModel>,
  installation: Installation,
): readonly Check[] {
  const { requestMs } = installation.patience ?? PATIENCE;
  const recorded = once(async () => await recordedBy(models.get('token-vault'), requestMs));
  return [
    ...SERVICES.flatMap((service) => {
      const own = models.get(service);
      return own === undefined ? [] : busChecks(service, own, installation, requestMs);
    }),
    ...ofAuthorizationServer(models.get('authorization-server'), requestMs),
    ...ofVault(models.get('token-vault'), recorded, requestMs),
    ...ofProxy(models, recorded, requestMs),
    ...publicChecks(model, { allowPrivateIps: true, insecureAllowHttp: true }, requestMs),
  ];
}

/** With one environment for all, the credentials in it are those of one service. */
function busChecks(
  service: Service,
  { name, nats }: GatehouseModel,
  { environmentOf }: Installation,
  withinMs: number,
): readonly Check[] {
  const { user, password } = natsUser(nats.credentials.secret);
  const isOfAnother = SERVICES.some((other) => other !== service && other === user);
  if (isOfAnother && !environmentOf(service).isOwn) return [];
  const options = { service, gatewayName: name, servers: nats.servers, user, password, requestKeys: [] };
  return [busCheck(options, withinMs)];
}

function ofAuthorizationServer(model: GatehouseModel | undefined, withinMs: number): readonly Check[] {
  if (model?.authServer === undefined) return [];
  const part = authorizationServerPart(model);
  const stored = { service: 'authorization-server', url: part.databaseUrl, withinMs } as const;
  return [
    databaseCheck('authorization-server', part.databaseUrl, withinMs),
    keyRowsCheck(
      stored,
      part.keyEncryptionKeys.map(({ id }) => id),
    ),
    ...documentChecks(part, withinMs),
  ];
}

async function recordedBy(model: GatehouseModel | undefined, withinMs: number): Promise<Recorded> {
  if (model === undefined) return { providers: [], exchanges: [] };
  const { databaseUrl, upstreamProviders } = tokenVaultPart(model);
  const names = upstreamProviders.map(({ name }) => name);
  return await recordedTokens({ service: 'token-vault', url: databaseUrl, withinMs }, names);
}

function ofVault(
  model: GatehouseModel | undefined,
  recorded: () => Promise<Recorded>,
  withinMs: number,
): readonly Check[] {
  if (model === undefined) return [];
  const { databaseUrl, upstreamProviders, keyEncryptionKeys } = tokenVaultPart(model);
  return [
    databaseCheck('token-vault', databaseUrl, withinMs),
    keyRowsCheck(
      { service: 'token-vault', url: databaseUrl, withinMs },
      keyEncryptionKeys.map(({ id }) => id),
    ),
    ...recordedChecks(
      upstreamProviders.map(({ name }) => name),
      recorded,
    ),
    ...providerChecks(upstreamProviders, withinMs),
    ...certificateChecks(
      upstreamProviders.flatMap((provider) => {
        const { name, protocol } = provider;
        // One with a backend's own authorization server is found there.
        if (protocol.type === 'mcp') return [];
        const url = protocol.type === 'oidc' ? protocol.issuer : protocol.tokenEndpoint;
        return [{ kind: 'provider' as const, name, url, egress: provider }];
      }),
      withinMs,
    ),
  ];
}

function ofProxy(
  models: ReadonlyMap<Service, GatehouseModel>,
  recorded: () => Promise<Recorded>,
  withinMs: number,
): readonly Check[] {
  const [proxy, vault] = [models.get('vmcp-proxy'), models.get('token-vault')];
  if (proxy === undefined) return [];
  const tokens = {
    providers: vault === undefined ? [] : tokenVaultPart(vault).upstreamProviders,
    audiences: askedAudiences(proxy),
    recorded,
  };
  const { backends, incomingAuth, aggregation } = vmcpProxyPart(proxy);
  const own = proxy.authServer !== undefined || incomingAuth.type !== 'oidc';
  return [
    ...backendChecks({ backends, aggregation }, tokens, withinMs),
    ...certificateChecks(
      backends.map((backend) => ({
        kind: 'backend' as const,
        name: backend.name,
        url: backend.url,
        egress: backend,
      })),
      withinMs,
    ),
    ...(own ? [] : externalIssuerChecks(incomingAuth.oidc, withinMs)),
  ];
}
