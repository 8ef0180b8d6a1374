import { authorizationServerPart, tokenVaultPart, vmcpProxyPart } from '@gatehouse/config/parts';
import { natsUser } from '@gatehouse/config/secrets/secret-kinds';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import { shownText } from '../shown-text.js';
import { askedAudiences } from './asked-audiences.js';
import { backendChecks } from './backend-checks.js';
import { busCheck } from './bus-checks.js';
import { databaseCheck } from './database-checks.js';
import { documentChecks } from './document-checks.js';
import { externalIssuerChecks } from './external-issuer.js';
import { findingsOf, PATIENCE, type Check, type DoctorFinding } from './finding.js';
import { partsOf, type Installation } from './installation.js';
import { keyFindings } from './key-checks.js';
import { providerChecks } from './provider-checks.js';
import { publicChecks } from './public-checks.js';
import { recordedChecks } from './recorded-checks.js';
import { secretValuesIn } from './secret-values.js';

export interface Diagnosis {
  /** How many looks were taken. */
  readonly checks: number;
  readonly findings: readonly DoctorFinding[];
}

/** Looks at everything that an installation needs, all at once, and changes nothing. */
export async function diagnose(installation: Installation): Promise<Diagnosis> {
  const { model, models, findings } = partsOf(installation);
  const { checkMs } = installation.patience ?? PATIENCE;
  const checks = model === undefined ? [] : checksOf(model, models, installation);
  const all = [...findings, ...keyFindings(models), ...(await findingsOf(checks, checkMs))];
  const secrets = secretValuesIn(models);
  return { checks: checks.length, findings: all.map((finding) => shown(finding, secrets)) };
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
  return [
    ...SERVICES.flatMap((service) => {
      const own = models.get(service);
      return own === undefined ? [] : busChecks(service, own, installation, requestMs);
    }),
    ...ofAuthorizationServer(models.get('authorization-server'), requestMs),
    ...ofVault(models.get('token-vault'), requestMs),
    ...ofProxy(models, requestMs),
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
  return [
    databaseCheck('authorization-server', part.databaseUrl, withinMs),
    ...documentChecks(part, withinMs),
  ];
}

function ofVault(model: GatehouseModel | undefined, withinMs: number): readonly Check[] {
  if (model === undefined) return [];
  const { databaseUrl, upstreamProviders } = tokenVaultPart(model);
  return [
    databaseCheck('token-vault', databaseUrl, withinMs),
    ...recordedChecks(
      upstreamProviders.map(({ name }) => name),
      databaseUrl,
      withinMs,
    ),
    ...providerChecks(upstreamProviders, withinMs),
  ];
}

function ofProxy(models: ReadonlyMap<Service, GatehouseModel>, withinMs: number): readonly Check[] {
  const [proxy, vault] = [models.get('vmcp-proxy'), models.get('token-vault')];
  if (proxy === undefined) return [];
  const tokens = {
    providers: vault === undefined ? [] : tokenVaultPart(vault).upstreamProviders,
    audiences: askedAudiences(proxy),
  };
  const { backends, incomingAuth, aggregation } = vmcpProxyPart(proxy);
  const own = proxy.authServer !== undefined || incomingAuth.type !== 'oidc';
  return [
    ...backendChecks({ backends, aggregation }, tokens, withinMs),
    ...(own ? [] : externalIssuerChecks(incomingAuth.oidc, withinMs)),
  ];
}
