import { Watch } from '@kubernetes/client-node';
import { PLURALS, STORED_VERSION } from '@gatehouse/config/manifest-fields/custom-resource-definitions';
import { GROUP, type Kind } from '@gatehouse/config/manifest-fields/kinds';
import { reasonOf, type Cluster } from './cluster.client.js';
import { nameOf, type ClusterObject, type NamedObject } from './objects.js';

/** The API ends a watch now and then; what failed will fail again for a while. */
const AGAIN_AFTER_MS = 1_000;
const AFTER_FAILURE_MS = 10_000;

interface Running {
  /** What ends the request that is under way. */
  request?: AbortController;
}

/** Watches the kinds, and of Secrets and ConfigMaps those that are named. What is there now is asked for when it is needed. */
export class Watches {
  private readonly watch: Watch;
  private readonly running = new Map<string, Running>();
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
    for (const [what, { request }] of this.running)
      if (what.includes('/') && !wanted.has(what)) {
        this.running.delete(what);
        request?.abort();
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
    const ended = [...this.running.values()];
    this.running.clear();
    for (const { request } of ended) request?.abort();
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
    const watched: Running = {};
    this.running.set(what, watched);
    const isOurs = (): boolean => this.running.get(what) === watched;
    const again = (error: unknown): void => {
      if (!isOurs()) return;
      if (isSilence(error)) {
        run();
        return;
      }
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
          // One that has ended is not kept in the place of the one that followed it.
          if (request.signal.aborted) return;
          if (isOurs()) watched.request = request;
          else request.abort();
        }, again);
    };
    run();
  }
}

/** The client ends a watch on which nothing came for half a minute. Nothing has happened then, and nothing is wrong. */
const isSilence = (error: unknown): boolean =>
  (error as { readonly name?: unknown } | null | undefined)?.name === 'TimeoutError';
