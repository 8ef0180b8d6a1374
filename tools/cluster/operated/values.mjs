/** What the two charts are given when the operator writes the configuration (docs/guides/operator.md). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../../set-up/run.mjs';
import { Cannot } from '../../set-up/say.mjs';
import {
  configuration,
  dnsPeers,
  helmValues,
  ownValues,
  PROGRAM,
  secretsFor,
  writeValues,
} from '../values.mjs';
import { exampleObjects, GATEWAY, INSTALLATION, LISTED, REPORTS } from './example.mjs';

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

/** Listeners, database and bus are written as without an operator. */
function installation() {
  const whole = configuration().replace(/^name: .*$/m, `name: ${GATEWAY}`);
  const blocks = whole.split(/^(?=[a-zA-Z])/m).filter((block) => !OF_OBJECTS.test(block));
  return [...blocks, INSTALLED].join('').replaceAll('internal: { port:', 'internal: { host: 0.0.0.0, port:');
}

/** Mounts of what the objects name: that comes from the operator. */
const OF_OBJECTS_TOO = /^ *- path: \/run\/secrets\/gatehouse\/.*\n(?: +(?:secret|key): .*\n)+/gm;

/**
 * @returns {Promise<{files: string[], secrets: object[]}>} values of the chart of the services, and the Secrets that they name
 */
export async function operatedValues(node, folder, images, storage) {
  const text = installation();
  const file = join(folder, 'objects.yaml');
  writeFileSync(file, [...exampleObjects(), text].join('\n---\n'));
  const made = await helmValues(node, folder, await mustRun(node, [PROGRAM, 'convert', file]));
  const mounted = made.replaceAll(OF_OBJECTS_TOO, '');
  if (mounted === made || mounted.includes('/run/secrets/gatehouse/'))
    throw new Cannot('`gatehouse helm-values` writes files of Secrets in another form than this test knows.');
  const own = {
    ...ownValues(images, storage),
    // The operator reads it; what the chart mounts is what the operator makes of it.
    configuration: text,
    operator: { virtualServer: GATEWAY },
  };
  return {
    files: writeValues(folder, 'services', [mounted, JSON.stringify(own)]),
    secrets: secretsFor(mounted),
  };
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
