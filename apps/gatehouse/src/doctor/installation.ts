import { dirname } from 'node:path';
import type { Problem } from '@gatehouse/config/findings/problems';
import { parseConfiguration } from '@gatehouse/config/load';
import type { GatehouseModel } from '@gatehouse/config/model/gatehouse-model';
import { systemSecrets } from '@gatehouse/config/secrets/secret-references';
import type { Part } from '@gatehouse/config/secrets/secret-resolver';
import { SERVICES, type Service } from '@gatehouse/kernel/services';
import type { ConfigurationText, Environment } from '../configuration.js';
import type { DoctorFinding, Patience } from './finding.js';

/** The environment of a service. */
interface ServiceEnvironment {
  readonly environment: Environment;
  /** Whether it is that of this service alone; otherwise it is the doctor’s. */
  readonly isOwn: boolean;
}

export interface Installation {
  readonly configuration: ConfigurationText;
  readonly environmentOf: (service: Service) => ServiceEnvironment;
  /** Left out: as long as a person would wait. */
  readonly patience?: Patience;
}

export interface Parts {
  readonly findings: readonly DoctorFinding[];
  /** Absent: the document has no shape. */
  readonly model?: GatehouseModel;
  /** Models with the secrets of one service, of those whose secrets are all there. */
  readonly models: ReadonlyMap<Service, GatehouseModel>;
}

/** The configuration as each service would load it, and what keeps it from that. */
export function partsOf({ configuration, environmentOf }: Installation): Parts {
  const load = (part: Part, environment: Environment) =>
    parseConfiguration(configuration, {
      part,
      readSecret: systemSecrets(dirname(configuration.document), environment),
    });
  const whole = load('none', {});
  const known = whole.ok ? [] : whole.problems;
  if (whole.model === undefined) return { findings: known.map(ofDocument), models: new Map() };
  const { model } = whole;
  const services = SERVICES.filter(
    (name) => name !== 'authorization-server' || model.authServer !== undefined,
  );
  const said = new Set(known.map(({ path, message }) => `${path} ${message}`));
  const findings = known.map(ofDocument);
  const models = new Map<Service, GatehouseModel>();
  for (const service of services) {
    const loaded = load(service, environmentOf(service).environment);
    if (loaded.ok) models.set(service, loaded.model);
    for (const problem of loaded.ok ? [] : loaded.problems) {
      const key = `${problem.path} ${problem.message}`;
      if (!said.has(key)) findings.push(ofSecret(problem, service));
      said.add(key);
    }
  }
  return { findings, model, models };
}

const placeOf = ({ document, line, path }: Problem): string =>
  `${document}${line === undefined ? '' : `:${line}`}${path === '' ? '' : ` ${path}`}`;

const ofDocument = (problem: Problem): DoctorFinding => ({
  name: 'configuration',
  about: placeOf(problem),
  cause: problem.message,
  evidence: 'A rule of the configuration says so; no service starts with it.',
  fix: problem.instead === undefined ? 'Correct it.' : `Write instead: ${problem.instead}`,
});

/** Messages about secrets name the reference and never the value. */
const ofSecret = (problem: Problem, service: Service): DoctorFinding => ({
  name: /is not set|does not exist|is empty|may not be read/.test(problem.message)
    ? 'secret-missing'
    : 'secret-wrong',
  about: `${service}, ${problem.path}`,
  cause: problem.message,
  evidence: `Where the doctor runs, ${placeOf(problem)}.`,
  fix: 'Give the service this secret, or correct the reference.',
});
