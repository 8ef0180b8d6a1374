import type { Path } from '../findings/path.js';
import type { ManifestObject } from './manifest-object.js';
import { isFields, Written } from './manifest-object.js';
import { putConfigMapReference, putRenamed, type Translation } from './translation.js';

/** A backend, and the object that says which credential it gets, if one does. */
export interface TranslatedBackend {
  readonly name: string;
  readonly workload?: Written;
}

const WORKLOADS = ['MCPServer', 'MCPRemoteProxy', 'MCPServerEntry'];

/** The members of the group, and `config.backends`. */
export function translateBackends(translation: Translation): readonly TranslatedBackend[] {
  const { set, native, gateway } = translation;
  const reference = gateway.at('spec', 'groupRef');
  const group = set.follow('MCPGroup', reference);
  native.put(['backends'], [], reference);
  if (group === undefined) native.fails(['backends']);
  reportStrays(translation);
  const members =
    group === undefined
      ? []
      : set.objects
          .filter((object) => isMember(object, group.object))
          .map((object) => translateMember(translation, object));
  const written = gateway.at('spec', 'config', 'backends').items.map((backend) => {
    const path = nextBackend(translation);
    native.put(path, {}, backend);
    native.copy(path, backend, ['name', 'url', 'transport']);
    const bundle = backend.at('caBundlePath');
    if (bundle.isThere) native.put([...path, 'caBundle'], { file: bundle.value }, bundle);
    return { name: backend.at('name').text ?? '' };
  });
  return [...members, ...written];
}

/** A workload that says nothing readable of its group belongs to none, and whoever wrote it thinks that it does. */
function reportStrays({ set, native, gateway }: Translation): void {
  for (const object of set.objects) {
    if (!WORKLOADS.includes(object.kind) || object.namespace !== gateway.object.namespace) continue;
    const spec = Written.of(object).at('spec');
    const group = spec.at('groupRef');
    const isStray =
      !isFields(spec.value) ||
      (group.isThere ? group.at('name').text === undefined : object.kind === 'MCPServerEntry');
    if (!isStray) continue;
    set.used.add(object);
    native.fails(['outgoingAuth', 'backends', object.name]);
  }
}

const isMember = (object: ManifestObject, group: ManifestObject): boolean =>
  WORKLOADS.includes(object.kind) &&
  object.namespace === group.namespace &&
  Written.of(object).at('spec', 'groupRef', 'name').text === group.name;

function nextBackend({ native }: Translation): Path {
  const there = native.read(['backends']);
  return ['backends', Array.isArray(there) ? there.length : 0];
}

function translateMember(translation: Translation, object: ManifestObject): TranslatedBackend {
  const { native, set } = translation;
  const workload = Written.of(object);
  set.used.add(object);
  const path = nextBackend(translation);
  native.put(path, {}, workload);
  native.put([...path, 'name'], object.name, workload.at('metadata', 'name'));
  if (object.kind === 'MCPServer') putServer(translation, path, workload);
  else putRemote(translation, path, workload);
  return { name: object.name, workload };
}

/** The Service that the seed system makes for a server that it runs. Its name is known before it is there. */
function putServer(translation: Translation, path: Path, server: Written): void {
  const { native } = translation;
  const spec = server.at('spec');
  const proxied = spec.at('transport').text ?? 'stdio';
  const mode = proxied === 'stdio' ? spec.at('proxyMode') : spec.at('transport');
  const transport = mode.text === 'sse' ? 'sse' : 'streamable-http';
  const port = portOf(translation, path, spec.at('proxyPort'));
  const { name, namespace } = server.object;
  const service = `http://mcp-${name}-proxy.${namespace}.svc.cluster.local:${port}`;
  const status = server.at('status', 'url');
  native.put(
    [...path, 'url'],
    status.text ?? `${service}${transport === 'sse' ? '/sse' : '/mcp'}`,
    status.isThere ? status : spec.at('proxyPort').isThere ? spec.at('proxyPort') : server,
  );
  native.put([...path, 'transport'], transport, mode);
  native.put([...path, 'allowPrivateIps'], true, server);
  native.put([...path, 'insecureAllowHttp'], true, server);
}

const PROXY_PORT = 8080;

function portOf({ set, native }: Translation, path: Path, written: Written): number {
  const { value } = written;
  if (typeof value !== 'number') return PROXY_PORT;
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  set.problems.push(written.problem('This is not a port: a whole number from 1 to 65535.'));
  native.fails([...path, 'url']);
  return PROXY_PORT;
}

function putRemote(translation: Translation, path: Path, remote: Written): void {
  const { native } = translation;
  const spec = remote.at('spec');
  native.put([...path, 'url'], spec.at('remoteUrl').value, spec.at('remoteUrl'));
  native.copy(path, spec, ['transport']);
  putRenamed(translation, path, spec, { allowPrivateEndpoint: 'allowPrivateIps' });
  // A server inside the cluster is reached over http there as well.
  if (spec.at('allowPrivateEndpoint').isTrue && spec.at('remoteUrl').text?.startsWith('http:') === true)
    native.put([...path, 'insecureAllowHttp'], true, spec.at('allowPrivateEndpoint'));
  putConfigMapReference(translation, [...path, 'caBundle'], spec.at('caBundleRef', 'configMapRef'));
}
