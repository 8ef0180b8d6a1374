import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '@gatehouse/testing/program';
import { inRepository } from '@gatehouse/testing/repository';
import { until } from '@gatehouse/testing/until';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { chartTool } from '../chart/chart-tools.js';
import { ApiServer, type Tree } from './api-server.js';

const CHART = inRepository('infra/helm/gatehouse-operator');
const GROUP = '/apis/toolhive.stacklok.dev/v1beta1';
export const NAMESPACE = 'gateway';
const OPERATOR = 'token-of-the-operator';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly names: { readonly kind: string; readonly plural: string } };
}

/** A cluster's API with the definitions and the rights of the operator's chart, and operators as processes. */
export class OperatedCluster {
  private readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-operator-'));
  private readonly api = new ApiServer(this.folder, {
    [OPERATOR]: `${NAMESPACE}/operator-gatehouse-operator`,
  });
  private readonly plurals = new Map<string, string>();
  private readonly started: Program[] = [];

  async start(values: object): Promise<void> {
    await this.api.start();
    for (const file of readdirSync(join(CHART, 'crds'))) {
      const definition = parse(readFileSync(join(CHART, 'crds', file), 'utf8')) as Definition;
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
      await this.api.apply(path, definition);
      this.plurals.set(definition.spec.names.kind, definition.spec.names.plural);
    }
    for (const plural of this.plurals.values())
      await until(async () => (await this.api.ask('GET', `${GROUP}/namespaces/x/${plural}`)).code === 200);
    await this.api.apply(`/api/v1/namespaces/${NAMESPACE}`, named('v1', 'Namespace', NAMESPACE));
    for (const object of rendered(this.folder, values)) {
      const place = RBAC[String(object['kind'])];
      if (place !== undefined) await this.api.apply(`${place}/${nameOf(object)}`, object);
    }
  }

  async stop(): Promise<void> {
    for (const program of this.started) await program.kill();
    await this.api.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** An operator as the chart starts it, with its rights. */
  async operator(identity: string, internalPort?: number): Promise<Program> {
    const kubeconfig = join(this.folder, 'kubeconfig');
    writeFileSync(kubeconfig, this.api.kubeconfig(OPERATOR));
    const program = new Program({
      name: `operator ${identity}`,
      script: inRepository('apps/operator/dist/main.js'),
      args: [],
      environment: {
        KUBECONFIG: kubeconfig,
        OPERATOR_NAMESPACE: NAMESPACE,
        OPERATOR_IDENTITY: identity,
        OPERATOR_LEASE: 'operator-gatehouse-operator',
        OPERATOR_GATEWAYS: 'another,my-vmcp,other',
        ...(internalPort === undefined ? {} : { OPERATOR_INTERNAL_PORT: String(internalPort) }),
      },
      isReady: (output) => output.includes('"operator-started"'),
    });
    this.started.push(program);
    return await program.start();
  }

  /** What operators have printed so far. */
  get logs(): string {
    return this.started.map(({ output }) => output).join('');
  }

  async leader(): Promise<string> {
    const { body } = await this.api.ask('GET', `${LEASES}/operator-gatehouse-operator`);
    return (body['spec'] as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? '';
  }

  pathOf(kind: string, name: string): string {
    const plural = this.plurals.get(kind);
    return plural === undefined
      ? `/api/v1/namespaces/${NAMESPACE}/${kind.toLowerCase()}s/${name}`
      : `${GROUP}/namespaces/${NAMESPACE}/${plural}/${name}`;
  }

  async apply(object: Tree): Promise<void> {
    const metadata = { ...(object['metadata'] as Tree), namespace: NAMESPACE };
    await this.api.apply(this.pathOf(String(object['kind']), nameOf(object)), { ...object, metadata });
  }

  async secret(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const data = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
    await this.apply({ ...named('v1', 'Secret', name), data });
  }

  async remove(kind: string, name: string): Promise<void> {
    await this.api.ask('DELETE', this.pathOf(kind, name));
  }

  /** `{}` for what is not there. */
  async read(kind: string, name: string): Promise<Tree> {
    const { code, body } = await this.api.ask('GET', this.pathOf(kind, name));
    return code === 200 ? body : {};
  }

  /** Texts by their keys, those of a Secret decoded. */
  async data(kind: 'Secret' | 'ConfigMap', name: string): Promise<Readonly<Record<string, string>>> {
    const data = ((await this.read(kind, name))['data'] ?? {}) as Readonly<Record<string, string>>;
    if (kind === 'ConfigMap') return data;
    return Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
  }

  async condition(kind: string, name: string, type: string): Promise<Condition | undefined> {
    const { conditions } = ((await this.read(kind, name))['status'] ?? {}) as {
      readonly conditions?: readonly Condition[];
    };
    return conditions?.find((one) => one.type === type);
  }

  async events(): Promise<
    readonly { readonly type: string; readonly reason: string; readonly message: string }[]
  > {
    const { body } = await this.api.ask('GET', `/api/v1/namespaces/${NAMESPACE}/events`);
    return body['items'] as readonly { type: string; reason: string; message: string }[];
  }

  /** An admission policy lets nobody write this ConfigMap, until `end` is called. */
  async refuseConfigMap(name: string): Promise<{ readonly end: () => Promise<void> }> {
    const group = 'admissionregistration.k8s.io/v1';
    const place = (plural: string): string => `/apis/${group}/${plural}/refuses`;
    const rule = {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CREATE', 'UPDATE'],
      resources: ['configmaps'],
    };
    await this.api.apply(place('validatingadmissionpolicies'), {
      ...named(group, 'ValidatingAdmissionPolicy', 'refuses'),
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression: `object.metadata.name != '${name}'` }],
      },
    });
    await this.api.apply(place('validatingadmissionpolicybindings'), {
      ...named(group, 'ValidatingAdmissionPolicyBinding', 'refuses'),
      spec: { policyName: 'refuses', validationActions: ['Deny'] },
    });
    const path = `/api/v1/namespaces/${NAMESPACE}/configmaps?dryRun=All`;
    const body = named('v1', 'ConfigMap', name);
    await until(async () => (await this.api.ask('POST', path, { body })).code === 422);
    return {
      end: async () => {
        await this.api.ask('DELETE', place('validatingadmissionpolicybindings'));
        await this.api.ask('DELETE', place('validatingadmissionpolicies'));
      },
    };
  }

  /** The answer to the operator itself. */
  async asOperator(method: string, path: string): Promise<number> {
    return (await this.api.ask(method, path, { token: OPERATOR })).code;
  }

  /** Everything that people with rights to look may read. */
  async everythingShown(): Promise<string> {
    const texts = [this.logs, JSON.stringify(await this.events())];
    for (const plural of this.plurals.values())
      texts.push(
        JSON.stringify((await this.api.ask('GET', `${GROUP}/namespaces/${NAMESPACE}/${plural}`)).body),
      );
    texts.push(
      JSON.stringify((await this.api.ask('GET', `/api/v1/namespaces/${NAMESPACE}/configmaps`)).body),
    );
    return texts.join('\n');
  }
}

const LEASES = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`;

const RBAC: Readonly<Record<string, string | undefined>> = {
  ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
  Role: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles`,
  RoleBinding: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/rolebindings`,
};

const nameOf = (object: Tree): string => String((object['metadata'] as Tree)['name']);

export const named = (apiVersion: string, kind: string, name: string): Tree => ({
  apiVersion,
  kind,
  metadata: { name },
});

/** What the chart makes. */
export function rendered(folder: string, values: object): readonly Tree[] {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, stringify({ image: { registry: 'registry.example.org' }, ...values }));
  const printed = execFileSync(
    chartTool('helm') ?? '',
    ['template', 'operator', CHART, '--namespace', NAMESPACE, '--values', file],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder } },
  );
  return parseAllDocuments(printed)
    .map((document) => document.toJS() as Tree | null)
    .filter((object) => object !== null);
}
