import { Watch } from '@kubernetes/client-node';
import { PLURALS, STORED_VERSION } from '@gatehouse/config/manifest-fields/custom-resource-definitions';
import { GROUP, type Kind } from '@gatehouse/config/manifest-fields/kinds';
import { reasonOf, type Cluster } from './cluster.client.js';
import { nameOf, type ClusterObject, type NamedObject } from './objects.js';

/** The API ends a watch now and then; what failed will fail again for a while. */
const AGAIN_AFTER_MS = 1_000;
const AFTER_FAILURE_MS = 10_000;

/** Watches the kinds, and of Secrets and ConfigMaps those that are named. What is there now is asked for when it is needed. */
export class Watches {
  private readonly watch: Watch;
  private readonly running = new Map<string, AbortController>();
  private readonly generations = new Map<string, string>();

  /**
   * @param changed something may be different now
   * @param failed hears why a watch ended; it begins again by itself
   */
  constructor(
    private readonly cluster: Cluster,
    private readonly changed: () => void,
    private readonly failed: (what: string, reason: string) => void,
  ) {
    this.watch = new Watch(cluster.config);
  }

  kinds(kinds: readonly Kind[]): void {
    for (const kind of kinds)
      this.begin(kind, {
        path: `/apis/${GROUP}/${STORED_VERSION}/namespaces/${this.cluster.namespace}/${PLURALS[kind]}`,
        query: {},
        heard: (phase, object) => this.heard(phase, kind, object as ClusterObject),
      });
  }

  /** These, and no others any more. Each is a watch of one name: that is all that the operator has a right to. */
  named(objects: readonly NamedObject[]): void {
    const wanted = new Set(objects.map(nameOf));
    for (const [what, controller] of this.running)
      if (what.includes('/') && !wanted.has(what)) {
        this.running.delete(what);
        controller.abort();
      }
    for (const object of objects)
      if (!this.running.has(nameOf(object)))
        this.begin(nameOf(object), {
          path: `/api/v1/namespaces/${this.cluster.namespace}/${object.kind === 'Secret' ? 'secrets' : 'configmaps'}`,
          query: { fieldSelector: `metadata.name=${object.name}` },
          heard: () => this.changed(),
        });
  }

  stop(): void {
    for (const controller of this.running.values()) controller.abort();
    this.running.clear();
  }

  /** A status that somebody writes, we among them, is nothing that a gateway is made of. */
  private heard(phase: string, kind: Kind, { metadata }: ClusterObject): void {
    const now = JSON.stringify([
      phase === 'DELETED',
      metadata.uid,
      metadata.generation,
      metadata.annotations,
    ]);
    const key = `${kind} ${metadata.name}`;
    if (this.generations.get(key) === now) return;
    this.generations.set(key, now);
    this.changed();
  }

  private begin(
    what: string,
    {
      path,
      query,
      heard,
    }: { path: string; query: Record<string, string>; heard: (phase: string, object: unknown) => void },
  ): void {
    const controller = new AbortController();
    this.running.set(what, controller);
    const isOurs = (): boolean => this.running.get(what) === controller;
    const again = (error: unknown): void => {
      if (!isOurs()) return;
      const isFailure = error !== null && error !== undefined;
      if (isFailure) this.failed(what, reasonOf(error));
      setTimeout(
        () => {
          if (isOurs()) run();
        },
        isFailure ? AFTER_FAILURE_MS : AGAIN_AFTER_MS,
      );
    };
    const run = (): void => {
      this.watch
        .watch(
          path,
          query,
          (phase, object) => {
            if (isOurs() && phase !== 'ERROR' && phase !== 'BOOKMARK') heard(phase, object);
          },
          again,
        )
        .then((request) => {
          if (controller.signal.aborted) request.abort();
          else controller.signal.addEventListener('abort', () => request.abort(), { once: true });
        }, again);
    };
    run();
  }
}
