/**
 * Volumes for a cluster that makes none by itself (no default StorageClass), as bare ones do not: folders of a node. What provisions volumes
 * elsewhere gives them to the pod's group; nothing does that here, so a pod opens the folders to everybody, and removes them at the end.
 */
import { Cannot } from '../set-up/say.mjs';
import { FULL_NAME } from './cluster.mjs';
import { imageOf } from './demonstration.mjs';

const PARTS = ['postgres', 'nats'];
const PARENT = '/var/lib';
const HOST_NAME = 'kubernetes.io/hostname';
const SIZE = '1Gi';
const DEFAULT = 'storageclass.kubernetes.io/is-default-class';

export class Volumes {
  #cluster;
  #made = false;
  #image = '';
  /** Where the folders are: its name, and what volumes know it by. */
  #node = { name: '', hostName: '' };

  constructor(cluster) {
    this.#cluster = cluster;
  }

  /** What the values say about them. */
  storage = { size: SIZE };

  /** @returns {Promise<boolean>} whether it had to make any */
  async make(images) {
    const classes = JSON.parse(await this.#cluster.must('get', 'storageclass', '--output=json')).items;
    if (classes.some(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true')) return false;
    this.#image = imageOf(images, 'gatehouse');
    this.#node = await this.#nodeThatTakesPods();
    this.#made = true;
    await this.#cluster.create(this.#kept());
    await this.#onNode(
      'for (const part of PARTS) fs.mkdirSync(`${FOLDER}/${part}`, { recursive: true }), fs.chmodSync(`${FOLDER}/${part}`, 0o777);',
    );
    return true;
  }

  async #nodeThatTakesPods() {
    const { items } = JSON.parse(await this.#cluster.must('get', 'nodes', '--output=json'));
    const found = items.find(
      ({ spec, status }) =>
        spec.unschedulable !== true &&
        (spec.taints ?? []).every(({ effect }) => effect === 'PreferNoSchedule') &&
        status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    );
    if (found === undefined) throw new Cannot('No node of the cluster takes pods.');
    return { name: found.metadata.name, hostName: found.metadata.labels[HOST_NAME] };
  }

  async remove() {
    if (!this.#made) return;
    // Whoever writes there goes first.
    await this.#cluster.kubectl('delete', 'deployments,statefulsets,jobs', '--all', '--wait=false');
    await this.#cluster.kubectl('delete', 'pods', '--all', '--grace-period=1', '--wait', '--timeout=120s');
    await this.#onNode('fs.rmSync(FOLDER, { recursive: true, force: true });').catch(() => undefined);
  }

  /** They are the cluster's, and stay when the namespace goes. */
  async forget() {
    if (!this.#made) return;
    const names = this.#kept().map(({ metadata }) => metadata.name);
    await this.#cluster.kubectl('delete', 'persistentvolume', ...names, '--ignore-not-found', '--wait=false');
  }

  get #folder() {
    return `${PARENT}/${this.#cluster.namespace}`;
  }

  #kept = () =>
    PARTS.map((part) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${this.#cluster.namespace}-${part}` },
      spec: {
        capacity: { storage: SIZE },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: `${this.#folder}/${part}`, type: 'DirectoryOrCreate' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: HOST_NAME, operator: 'In', values: [this.#node.hostName] }] },
            ],
          },
        },
        claimRef: { namespace: this.#cluster.namespace, name: `data-${FULL_NAME}-${part}-0` },
      },
    }));

  /** Runs a script as root where the folders are. It may not do more than that. */
  async #onNode(script) {
    const name = 'folders';
    const text = `const fs = require('node:fs'); const PARTS = ${JSON.stringify(PARTS)}, FOLDER = '/folder/${this.#cluster.namespace}'; ${script}`;
    await this.#cluster.kubectl('delete', 'pod', name, '--ignore-not-found', '--wait');
    await this.#cluster.create([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: {
          nodeName: this.#node.name,
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: { runAsUser: 0, runAsGroup: 0 },
          containers: [
            {
              name,
              image: this.#image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '-e', text],
              volumeMounts: [{ name, mountPath: '/folder' }],
            },
          ],
          // The folder above it: what is removed at the end is the folder itself.
          volumes: [{ name, hostPath: { path: PARENT, type: 'Directory' } }],
        },
      },
    ]);
    await this.#cluster.must(
      'wait',
      '--for=jsonpath={.status.phase}=Succeeded',
      `pod/${name}`,
      '--timeout=120s',
    );
  }
}
