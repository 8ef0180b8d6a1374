import { beforeAll, describe, expect, test } from '@jest/globals';
import { chartTool } from '../support/chart/chart-tools.js';
import { Network, OWN_NAMESPACE, type Party } from '../support/chart/network.js';
import { at, rendered, RELEASE, words, workloads, type Manifest } from '../support/chart/rendered.js';
import { BUNDLED, CLOUDNATIVEPG, valuesOf } from '../support/chart/values.js';

const where = chartTool('helm') === undefined ? describe.skip : describe;

/** Every port that anybody here listens on, and those of the world. */
const PORTS = [
  53, 80, 443, 3306, 4222, 4483, 4484, 4485, 4486, 4495, 4496, 5432, 6222, 6432, 6443, 8000, 8222,
];

const INTERNET: Party = { name: 'the internet', labels: {}, address: '198.51.100.7' };
const INTERNET_6: Party = { name: 'the internet (IPv6)', labels: {}, address: '2001:db8::7' };
const PRIVATE: Party = { name: 'a private network', labels: {}, address: '10.20.30.40' };
const METADATA: Party = { name: 'the metadata of a cloud', labels: {}, address: '169.254.169.254' };
const MAPPED: Party = { name: 'a private network through NAT64', labels: {}, address: '64:ff9b::a14:1e28' };
const STRANGER = pod('a stranger pod', { app: 'stranger' }, 'strangers');
const PROMETHEUS = pod('monitoring', { app: 'prometheus' }, 'monitoring');
const DNS = pod('dns', { 'k8s-app': 'kube-dns' }, 'kube-system');

function pod(name: string, labels: Readonly<Record<string, string>>, namespace = OWN_NAMESPACE): Party {
  return { name, labels, namespace, address: `10.244.0.${name.length}` };
}

/** A pod of each workload that was rendered, and those that an operator makes of a Cluster. */
function pods(manifests: readonly Manifest[]): readonly Party[] {
  const own = [...workloads(manifests)].map(([name, { metadata }]) =>
    pod(name, words(at(metadata, 'labels'))),
  );
  return manifests.some(({ kind }) => kind === 'Cluster')
    ? [...own, pod('postgres', { 'cnpg.io/cluster': `${RELEASE}-gatehouse-postgres` })]
    : own;
}

/** Every way that is open between the parties, as `from -> to:port`. */
function ways(manifests: readonly Manifest[], strangers: readonly Party[]): readonly string[] {
  const network = new Network(manifests);
  const parties = [...pods(manifests), ...strangers];
  return parties.flatMap((from) =>
    parties.flatMap((to) =>
      // What strangers do among themselves is not ours.
      strangers.includes(from) && strangers.includes(to)
        ? []
        : PORTS.filter((port) => from !== to && network.reaches(from, to, port)).map(
            (port) => `${from.name} -> ${to.name}:${port}`,
          ),
    ),
  );
}

const WORLD = [INTERNET, INTERNET_6, PRIVATE, METADATA, MAPPED, STRANGER, PROMETHEUS, DNS];

/** To the two public listeners. */
const PUBLIC = WORLD.flatMap(({ name }) => [
  `${name} -> authorization-server:4484`,
  `${name} -> vmcp-proxy:4483`,
]);
const BETWEEN_PODS = [
  'authorization-server -> nats:4222',
  'authorization-server -> postgres:5432',
  'token-vault -> nats:4222',
  'token-vault -> postgres:5432',
  'vmcp-proxy -> nats:4222',
  'migrate -> postgres:5432',
  'provision -> nats:4222',
  'test -> authorization-server:4484',
  'test -> vmcp-proxy:4483',
];
const OUT = [
  'token-vault -> the internet:443',
  'token-vault -> the internet (IPv6):443',
  'vmcp-proxy -> the internet:443',
  'vmcp-proxy -> the internet (IPv6):443',
];
const resolving = (components: readonly string[]): readonly string[] =>
  components.map((name) => `${name} -> dns:53`);
const ASKING = ['authorization-server', 'token-vault', 'vmcp-proxy', 'migrate', 'provision', 'nats', 'test'];

where('the network policies of the chart, as a cluster that enforces them has them', () => {
  let values: string;
  beforeAll(() => {
    values = valuesOf('compose/gatehouse.yaml');
  });

  test.each([
    ['a plain Postgres', BUNDLED],
    ['a Cluster of CloudNativePG', CLOUDNATIVEPG],
  ])(
    'custody with %s: only vault and proxy reach out, nothing reaches the vault, and the proxy reaches no database',
    (_name, more) => {
      const open = ways(rendered(values, more), WORLD);
      // What the operator lets its pods do to others is not ours.
      const ours = open.filter((way) => !way.startsWith('postgres -> ') || way.includes('-> token-vault'));
      expect(ours.toSorted()).toEqual([...PUBLIC, ...BETWEEN_PODS, ...OUT, ...resolving(ASKING)].toSorted());
    },
  );

  test('with everything outside of the cluster, the proxy has the bus and the internet, and no port of a database', () => {
    const open = ways(rendered(values), WORLD);
    const proxy = open.filter((way) => way.startsWith('vmcp-proxy -> '));
    expect(proxy.filter((way) => way.endsWith(':5432'))).toEqual([]);
    expect(new Set(proxy.map((way) => way.split(':').at(-1)))).toEqual(new Set(['53', '443', '4222']));
    expect(open.filter((way) => way.includes('-> token-vault:'))).toEqual([]);
  });

  test('with metrics the monitoring reaches the three internal listeners, and nobody else does', () => {
    const open = ways(rendered(values, BUNDLED, { metrics: { enabled: true } }), WORLD);
    expect(open.filter((way) => /:(4485|4495|4496)$/.test(way)).toSorted()).toEqual([
      'monitoring -> authorization-server:4496',
      'monitoring -> token-vault:4485',
      'monitoring -> vmcp-proxy:4495',
    ]);
  });

  test('the authorization server reads documents of clients only where that is allowed', () => {
    const more = { authorizationServer: { networkPolicy: { metadataDocuments: true } } };
    const out = (manifests: readonly Manifest[]): readonly string[] =>
      ways(manifests, WORLD).filter((way) => /^authorization-server -> the internet/.test(way));
    expect(out(rendered(values, BUNDLED))).toEqual([]);
    expect(out(rendered(values, BUNDLED, more))).toEqual([
      'authorization-server -> the internet:443',
      'authorization-server -> the internet (IPv6):443',
    ]);
  });

  test.each([
    ['that port', { port: 5432 }],
    ['a range that has it', { port: 5000, endPort: 6000 }],
  ])('an egress rule that would lead the proxy to a database is refused: %s', (_name, port) => {
    const egress = [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [port] }];
    expect(() => rendered(values, BUNDLED, { vmcpProxy: { networkPolicy: { egress } } })).toThrow(
      /the proxy has no way to a database/,
    );
  });

  const other = [{ ipBlock: { cidr: '10.0.0.0/8' } }];
  const rule = (port: object): object => ({ to: other, ports: [port] });
  test.each([
    [
      'the port on which a bundled Postgres listens, whatever postgres.port says',
      [
        BUNDLED,
        { postgres: { port: 6432 }, vmcpProxy: { networkPolicy: { egress: [rule({ port: 5432 })] } } },
      ],
    ],
    [
      'that of a Cluster',
      [CLOUDNATIVEPG, { postgres: { port: 6432 }, networkPolicy: { wayOut: { ports: [443, 5432] } } }],
    ],
    ['the port of the collector', [BUNDLED, { networkPolicy: { collector: [rule({ port: 5432 })] } }]],
    [
      'a range of the collector',
      [BUNDLED, { networkPolicy: { collector: [rule({ port: 4317, endPort: 5432 })] } }],
    ],
    ['the way out', [{ postgres: { port: 6432 }, networkPolicy: { wayOut: { ports: [443, 6432] } } }]],
    ['the port of a bus elsewhere', [{ postgres: { port: 6432 }, nats: { port: 6432 } }]],
  ])(
    'custody: what the proxy shares with others leads to no database either: %s',
    (_name, more: readonly object[]) => {
      expect(() => rendered(values, ...more)).toThrow(/the proxy has no way to a database/);
    },
  );

  test('other ports are allowed beside the database’s', () => {
    const collector = [rule({ port: 4317, endPort: 4318 })];
    const set = { postgres: { port: 6432 }, networkPolicy: { collector, wayOut: { ports: [443, 5432] } } };
    const proxy = ways(rendered(values, set), WORLD).filter((way) => way.startsWith('vmcp-proxy -> '));
    expect(proxy).toContain('vmcp-proxy -> the internet:5432');
    expect(proxy.filter((way) => way.endsWith(':6432'))).toEqual([]);
  });

  test('the main job of `helm test` reaches the demonstration that the values name, and nothing else of the cluster', () => {
    const peer = { podSelector: { matchLabels: { app: 'demonstration' } } };
    const egress = [{ to: [peer], ports: [{ port: 4486 }] }];
    const mainJob = { enabled: true, networkPolicy: { egress } };
    const sso = pod('acme-sso', { app: 'demonstration' });
    const open = (set: object): readonly string[] =>
      ways(rendered(values, BUNDLED, { test: { mainJob: set } }), [...WORLD, sso]).filter((way) =>
        /^test -> (?!dns)/.test(way),
      );
    const usual = ['test -> authorization-server:4484', 'test -> vmcp-proxy:4483'];
    expect(open(mainJob).toSorted()).toEqual(['test -> acme-sso:4486', ...usual]);
    expect(open({ ...mainJob, enabled: false }).toSorted()).toEqual(usual);
  });

  test('an egress rule without ports is refused', () => {
    const egress = [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }];
    expect(() => rendered(values, BUNDLED, { vmcpProxy: { networkPolicy: { egress } } })).toThrow(/ports/);
  });

  test('who may reach the public listeners can be said, and `helm test` still does', () => {
    const publicFrom = [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } } },
    ];
    const gateway = pod('a gateway', {}, 'gateways');
    const manifests = rendered(values, BUNDLED, { networkPolicy: { publicFrom } });
    expect(
      ways(manifests, [...WORLD, gateway])
        .filter((way) => /:448[34]$/.test(way))
        .toSorted(),
    ).toEqual([
      'a gateway -> authorization-server:4484',
      'a gateway -> vmcp-proxy:4483',
      'test -> authorization-server:4484',
      'test -> vmcp-proxy:4483',
    ]);
  });
});
