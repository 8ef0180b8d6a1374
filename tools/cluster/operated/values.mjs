/** What the two charts are given when the operator writes the configuration (docs/guides/operator.md). */
import { Cannot } from '../../set-up/say.mjs';
import { configuration, dnsPeers, helmValues, ownValues, secretsFor, writeValues } from '../values.mjs';
import { GATEWAY, INSTALLATION, LISTED, REPORTS } from './example.mjs';

const INSIDE = 'allowPrivateIps: true, insecureAllowHttp: true';
/** Blocks of gatehouse.yaml that the objects say. */
const OF_OBJECTS = /^(authServer|backends|outgoingAuth|aggregation):/;

/** In the place of those: what objects cannot say. */
const INSTALLED = `authServer:
  issuer: http://localhost:4484
  keyEncryptionKeys: [{ id: compose, file: /run/secrets/key-encryption-key }]
  upstreamProviders:
    - { name: github, ${INSIDE} }
    - { name: google, ${INSIDE} }
backends:
  - { name: backend-github, url: http://repos:4489/mcp, ${INSIDE} }
  - { name: backend-google, ${INSIDE} }
  - { name: ${REPORTS}, ${INSIDE} }
`;

/** Where kubelet, database and bus are is written as without an operator. */
function installation(whole) {
  const blocks = whole.split(/^(?=[a-zA-Z])/m).filter((block) => !OF_OBJECTS.test(block));
  return [...blocks, INSTALLED].join('');
}

/** The mount of each file that the installation names, and no other: what the objects name comes from the operator. */
const ITEM = /^ *- path: (\S+)\n(?: +(?:secret|key): .*\n)+/gm;

/**
 * @returns {Promise<{files: string[], secrets: object[]}>} values of the chart of the services, and the Secrets that they name
 */
export async function operatedValues(node, folder, images, storage) {
  const whole = configuration().replace(/^name: .*$/m, `name: ${GATEWAY}`);
  const text = installation(whole);
  const made = await helmValues(node, folder, whole);
  const mounted = made.replace(ITEM, (item, path) => (text.includes(path) ? item : ''));
  if (mounted === made || !mounted.includes('key-encryption-key'))
    throw new Cannot('`gatehouse helm-values` writes files of Secrets in another form than this test knows.');
  const own = {
    ...ownValues(images, storage),
    // As the services read it; what the chart mounts is what the operator makes of it.
    configuration: text.replaceAll(/internal: \{ port:/g, 'internal: { host: 0.0.0.0, port:'),
    operator: { virtualServer: GATEWAY },
  };
  const files = writeValues(folder, 'services', [mounted, JSON.stringify(own)]);
  return { files, secrets: secretsFor(made) };
}

/** Values of the operator's own chart. */
export async function operatorValues(cluster, folder, images) {
  const values = {
    gateways: [GATEWAY],
    reads: { secrets: LISTED, configMaps: [INSTALLATION] },
    image: { registry: images.registry, tag: images.tag },
    networkPolicy: { ...dnsPeers(), apiServer: { ports: await apiPorts(cluster) } },
  };
  return writeValues(folder, 'operator', [JSON.stringify(values)]);
}

/** Policies see the port of the API server itself, or that of its Service: it depends on the network. */
async function apiPorts(cluster) {
  const slices = await cluster.must(
    ...['get', 'endpointslices', '--namespace=default', '--output=json'],
    ...['--selector', 'kubernetes.io/service-name=kubernetes'],
  );
  const ports = JSON.parse(slices).items.flatMap((slice) => slice.ports.map(({ port }) => port));
  return [...new Set([443, ...ports])];
}
