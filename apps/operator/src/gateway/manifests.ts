import type { ConfigurationText } from '@gatehouse/config/written-document';
import { labelOf, type ClusterObject, type NamedObject, type ReadObject } from '../cluster/objects.js';
import { installationOf } from './installation.js';

/** What a gateway is made of: the objects of its namespace, and ConfigMaps that are read as manifests. */
export interface GatewayObjects {
  readonly gateway: ClusterObject;
  readonly objects: readonly ClusterObject[];
  /** By name. */
  readonly configMaps: ReadonlyMap<string, ReadObject>;
}

/** The ConfigMaps that are read as manifests: policies, and what manifests cannot say. */
export function readAsManifests(gateway: ClusterObject): readonly NamedObject[] {
  const policies = ['incomingAuth', 'authzConfig', 'configMap', 'name'].reduce(field, gateway.spec);
  const names = [installationOf(gateway), policies].filter((name) => typeof name === 'string');
  return [...new Set(names)].map((name) => ({ kind: 'ConfigMap', name }));
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The same text that `gatehouse validate` reads from files: one object in each. */
export function manifestsOf({ gateway, objects, configMaps }: GatewayObjects): ConfigurationText {
  const { namespace, name } = gateway.metadata;
  const documents = [
    ...objects.map((object) => ({
      document: labelOf(object),
      text: JSON.stringify({
        apiVersion: object.apiVersion,
        kind: object.kind,
        metadata: { name: object.metadata.name, namespace },
        ...(object.spec === undefined ? {} : { spec: object.spec }),
      }),
    })),
    ...[...configMaps].flatMap(([configMap, read]) =>
      read.is === 'there'
        ? {
            document: `ConfigMap/${configMap}`,
            text: JSON.stringify({
              apiVersion: 'v1',
              kind: 'ConfigMap',
              metadata: { name: configMap, namespace },
              data: read.data,
            }),
          }
        : [],
    ),
  ];
  return {
    document: labelOf(gateway),
    text: '',
    files: documents,
    virtualServer: `${namespace}/${name}`,
    // A key of a ConfigMap that is read as a manifest becomes a file like any other.
    readerHasAll: true,
  };
}
