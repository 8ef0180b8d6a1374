import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  type V1Lease,
  type V1OwnerReference,
  type V1Secret,
} from '@kubernetes/client-node';
import { PLURALS, STORED_VERSION } from '@gatehouse/config/manifest-fields/custom-resource-definitions';
import { GROUP, type Kind } from '@gatehouse/config/manifest-fields/kinds';
import { isObjectName } from './object-name.js';
import type { ClusterObject, NamedObject, ReadObject, Status } from './objects.js';

/** What an object that the operator writes is to be. */
export interface WrittenObject extends NamedObject {
  readonly owner: ClusterObject;
  readonly data: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What lies there of such an object. */
export interface FoundObject {
  readonly data: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly resourceVersion: string | undefined;
  readonly owners: readonly string[];
}

/** Somebody else has an object of that name. */
export class ForeignObject extends Error {
  constructor({ kind, name }: NamedObject) {
    super(
      `There is a ${kind} ${name} that does not belong to this gateway. It is left as it is: rename or delete it.`,
    );
  }
}

const MANAGED = { 'app.kubernetes.io/managed-by': 'gatehouse-operator' };

/** The API of the cluster, in one namespace. */
export class Cluster {
  private readonly core: CoreV1Api;
  private readonly custom: CustomObjectsApi;
  private readonly coordination: CoordinationV1Api;

  constructor(
    readonly config: KubeConfig,
    readonly namespace: string,
  ) {
    this.core = config.makeApiClient(CoreV1Api);
    this.custom = config.makeApiClient(CustomObjectsApi);
    this.coordination = config.makeApiClient(CoordinationV1Api);
  }

  async list(kind: Kind): Promise<{ readonly items: ClusterObject[]; readonly resourceVersion: string }> {
    const answer = (await this.custom.listNamespacedCustomObject({
      ...this.place,
      plural: PLURALS[kind],
    })) as { items?: ClusterObject[]; metadata?: { resourceVersion?: string } };
    // Items of a list name no kind of their own in every version of the API.
    const items = (answer.items ?? []).map((item) => ({
      ...item,
      apiVersion: `${GROUP}/${STORED_VERSION}`,
      kind,
    }));
    return { items, resourceVersion: answer.metadata?.resourceVersion ?? '' };
  }

  /** @throws ApiException with code 409 when the object has changed since it was read. */
  async writeStatus(object: ClusterObject, status: Status): Promise<void> {
    await this.custom.replaceNamespacedCustomObjectStatus({
      ...this.place,
      plural: PLURALS[object.kind],
      name: object.metadata.name,
      body: { ...object, status },
    });
  }

  async read({ kind, name }: NamedObject): Promise<ReadObject> {
    if (!isObjectName(name)) return { is: 'missing' };
    const where = { name, namespace: this.namespace };
    try {
      if (kind === 'ConfigMap')
        return { is: 'there', data: (await this.core.readNamespacedConfigMap(where)).data ?? {} };
      return { is: 'there', data: decoded(await this.core.readNamespacedSecret(where)) };
    } catch (error) {
      if (isCode(error, 404)) return { is: 'missing' };
      if (isCode(error, 403)) return { is: 'forbidden' };
      throw error;
    }
  }

  async find({ kind, name }: NamedObject): Promise<FoundObject | undefined> {
    const where = { name, namespace: this.namespace };
    try {
      const found =
        kind === 'Secret'
          ? await this.core.readNamespacedSecret(where)
          : await this.core.readNamespacedConfigMap(where);
      const { metadata } = found;
      return {
        data: kind === 'Secret' ? decoded(found) : (found.data ?? {}),
        annotations: metadata?.annotations ?? {},
        resourceVersion: metadata?.resourceVersion,
        owners: (metadata?.ownerReferences ?? []).map(({ uid }) => uid),
      };
    } catch (error) {
      if (isCode(error, 404)) return undefined;
      throw error;
    }
  }

  /** Makes or exchanges it, if nobody did meanwhile. @throws ForeignObject */
  async write(object: WrittenObject, found: FoundObject | undefined): Promise<void> {
    const { kind, name, owner } = object;
    if (found !== undefined && !found.owners.includes(owner.metadata.uid)) throw new ForeignObject(object);
    const metadata = {
      name,
      namespace: this.namespace,
      labels: MANAGED,
      ownerReferences: [ownerReference(owner)],
      ...(object.annotations === undefined ? {} : { annotations: { ...object.annotations } }),
      ...(found?.resourceVersion === undefined ? {} : { resourceVersion: found.resourceVersion }),
    };
    const where = { name, namespace: this.namespace };
    const { namespace } = this;
    if (kind === 'ConfigMap') {
      const body = { metadata, data: { ...object.data } };
      if (found === undefined) await this.core.createNamespacedConfigMap({ namespace, body });
      else await this.core.replaceNamespacedConfigMap({ ...where, body });
      return;
    }
    const body = { metadata, type: 'Opaque', data: encoded(object.data) };
    if (found === undefined) await this.core.createNamespacedSecret({ namespace, body });
    else await this.core.replaceNamespacedSecret({ ...where, body });
  }

  async tell(
    object: ClusterObject,
    { type, reason, message }: { readonly type: string; readonly reason: string; readonly message: string },
    now: Date,
  ): Promise<void> {
    const { name, uid } = object.metadata;
    await this.core.createNamespacedEvent({
      namespace: this.namespace,
      body: {
        metadata: { generateName: `${name.slice(0, 200)}.`, namespace: this.namespace },
        involvedObject: {
          apiVersion: object.apiVersion,
          kind: object.kind,
          name,
          namespace: this.namespace,
          uid,
        },
        type,
        reason,
        message,
        source: { component: 'gatehouse-operator' },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
  }

  async lease(name: string): Promise<V1Lease | undefined> {
    try {
      return await this.coordination.readNamespacedLease({ name, namespace: this.namespace });
    } catch (error) {
      if (isCode(error, 404)) return undefined;
      throw error;
    }
  }

  /** @returns false when somebody else was first. */
  async writeLease(name: string, lease: V1Lease, isNew: boolean): Promise<boolean> {
    const { namespace } = this;
    try {
      if (isNew) await this.coordination.createNamespacedLease({ namespace, body: lease });
      else await this.coordination.replaceNamespacedLease({ name, namespace, body: lease });
      return true;
    } catch (error) {
      if (isCode(error, 409)) return false;
      throw error;
    }
  }

  private get place() {
    return { group: GROUP, version: STORED_VERSION, namespace: this.namespace };
  }
}

/** What the API answered, if it did. */
export const codeOf = (error: unknown): number | undefined =>
  error instanceof ApiException ? error.code : undefined;

export const isCode = (error: unknown, code: number): boolean => codeOf(error) === code;

/** Of a failure what the API says of itself: its text may quote the body of a request, and so a Secret. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiException) return `the API answered ${error.code}`;
  if (!(error instanceof Error)) return 'unknown';
  const { name, code, statusCode } = error as Error & {
    readonly code?: unknown;
    readonly statusCode?: unknown;
  };
  if (typeof statusCode === 'number') return `the API answered ${statusCode}`;
  return typeof code === 'string' ? `${name} ${code}` : name;
}

const decoded = ({ data }: V1Secret): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );

const encoded = (data: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );

/** The API deletes what belongs to an object that is gone. */
const ownerReference = ({ apiVersion, kind, metadata: { name, uid } }: ClusterObject): V1OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
});
