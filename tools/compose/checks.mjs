/** What has to be true of the containers while they run. Each check answers with what is wrong; nothing is good. */

const SERVICES = ['authorization-server', 'token-vault', 'vmcp-proxy'];

/** Everything that a container finds at /run/secrets. */
const OWN_SECRETS = {
  'authorization-server': [
    'authorization-server-database-url',
    'key-encryption-key',
    'nats-credentials',
    'vault-request-key',
  ],
  'token-vault': [
    'acme-sso-client-secret',
    'key-encryption-key',
    'nats-credentials',
    'octo-client-secret',
    'sts-client-secret',
    'token-vault-database-url',
    'vault-request-key',
  ],
  'vmcp-proxy': ['nats-credentials', 'reports-api-key'],
  postgres: [
    'authorization-server-database-password',
    'postgres-password',
    'token-vault-database-password',
    'token-vault-owner-database-password',
  ],
  nats: ['nats-server.conf'],
};

/** @returns {[string, () => Promise<string[]>][]} */
export const checksOf = (compose, replicas, up) => [
  ['every proxy served calls', () => everyProxyServed(compose, replicas)],
  ['health in detail and metrics are for nobody outside of the container', () => keptToThemselves(compose)],
  ['no process runs as root, with a capability or with a way to get one', () => powerless(compose)],
  ['every root file system is read-only', () => readOnly(compose)],
  ['ports are published on this machine only', () => loopbackOnly(compose)],
  [
    'each container has its own secrets and no others, readable by its own user alone',
    () => ownSecrets(compose),
  ],
  ['no secret is in an environment, a command line, the compose file or a log', () => nothingLeaks(compose)],
  ['a database role cannot read the other schema', () => separateSchemas(compose)],
  ['a proxy cannot even find the database', () => noDatabase(compose)],
  ['starting again keeps every secret', () => secretsStay(compose, up)],
  ['services stop by themselves when asked to', () => cleanStop(compose)],
];

const nameOf = ({ Name }) => Name.replace(/^\//, '');
const of = async (compose, ...services) =>
  (await compose.running()).filter(({ service }) => services.includes(service));

/** How many calls each proxy has counted, in the order of their names. */
export async function callsOfProxies(compose) {
  const proxies = (await of(compose, 'vmcp-proxy')).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
  const script = "fetch('http://127.0.0.1:4495/metrics').then((answer) => answer.text()).then(console.log)";
  return await Promise.all(
    proxies.map(async (proxy) => {
      const { stdout } = await compose.inside(proxy, 'node', '-e', script);
      const counts = [...stdout.matchAll(/proxy_calls_total\{[^}]*\} (\d+)/g)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    }),
  );
}

async function everyProxyServed(compose, replicas) {
  const counts = await callsOfProxies(compose);
  if (counts.length !== replicas) return [`${counts.length} proxies run instead of ${replicas}`];
  return counts.every((count) => count > 0) ? [] : [`the proxies counted ${counts.join(', ')} calls`];
}

/** The public port of another container, and its internal one. */
async function keptToThemselves(compose) {
  const [asking] = await of(compose, 'token-vault');
  const statusOf = async (url) => {
    const script = `fetch('${url}').then(({ status }) => console.log(status), () => console.log('no answer'))`;
    return (await compose.inside(asking, 'node', '-e', script)).stdout.trim();
  };
  const wanted = {
    'http://vmcp-proxy:4483/metrics': '404',
    'http://vmcp-proxy:4483/readyz': '404',
    'http://vmcp-proxy:4495/metrics': 'no answer',
    'http://authorization-server:4484/metrics': '404',
    'http://authorization-server:4484/readyz': '404',
    'http://authorization-server:4496/metrics': 'no answer',
  };
  const found = await Promise.all(
    Object.entries(wanted).map(async ([url, answer]) => ({ url, answer, got: await statusOf(url) })),
  );
  return found.filter(({ answer, got }) => got !== answer).map(({ url, got }) => `${url} answers ${got}`);
}

async function powerless(compose) {
  const problems = (await compose.running()).map(async (container) => {
    const { stdout } = await compose.inside(container, 'cat', '/proc/1/status');
    const field = (name) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(stdout)?.[1];
    const top = await compose.docker('top', container.Id, '-eo', 'pid,uid,comm');
    const root = top.stdout
      .split('\n')
      .slice(1)
      .filter((line) => /^\s*\d+\s+0\s/.test(line));
    return [
      ...(root.length === 0 && top.code === 0
        ? []
        : [`${nameOf(container)} runs as root: ${root.join(' ')}`]),
      // What Caddy's own image needs to be started (NET_BIND_SERVICE); nothing has it.
      ...(/^0+$/.test(field('CapEff') ?? '') &&
      (/^0+$/.test(field('CapBnd') ?? '') ||
        (container.service === 'reverse-proxy' && /^0*400$/.test(field('CapBnd') ?? '')))
        ? []
        : [`${nameOf(container)} has capabilities: ${field('CapEff')} of ${field('CapBnd')}`]),
      ...(field('NoNewPrivs') === '1' ? [] : [`${nameOf(container)} may gain privileges`]),
    ];
  });
  return (await Promise.all(problems)).flat();
}

async function readOnly(compose) {
  const writable = (await compose.running()).filter(({ HostConfig }) => !HostConfig.ReadonlyRootfs);
  return writable.map((container) => `${nameOf(container)} can write to its root file system`);
}

async function loopbackOnly(compose) {
  return (await compose.running()).flatMap((container) =>
    Object.values(container.NetworkSettings.Ports)
      .flatMap((bindings) => bindings ?? [])
      .filter(({ HostIp }) => HostIp !== '127.0.0.1')
      .map(({ HostIp, HostPort }) => `${nameOf(container)} is published on ${HostIp}:${HostPort}`),
  );
}

/** Every secret file that a container sees, by name, with its mode. */
async function secretFiles(compose, container) {
  const script =
    'cd /run/secrets && for file in *; do echo "$file $(stat -c %a "$file") $(base64 "$file" | tr -d "\\n")"; done';
  const { code, stdout, stderr } = await compose.inside(container, 'sh', '-c', script);
  if (code !== 0) throw new Error(`${nameOf(container)}: ${stderr.trim()}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([name, mode, value]) => ({ name, mode, text: Buffer.from(value, 'base64').toString('utf8') }));
}

async function ownSecrets(compose) {
  const containers = await of(compose, ...Object.keys(OWN_SECRETS));
  const problems = containers.map(async (container) => {
    const files = await secretFiles(compose, container);
    const names = files.map(({ name }) => name).join(' ');
    const wanted = OWN_SECRETS[container.service].join(' ');
    const open = files
      .filter(({ mode }) => mode !== '400')
      .map(({ name, mode }) => `${name} has mode ${mode}`);
    return [...(names === wanted ? [] : [`${nameOf(container)} has ${names}`]), ...open];
  });
  return (await Promise.all(problems)).flat();
}

/** The values themselves: of a URL and of `user:password` the password, of the bus's configuration every password. */
async function secretValues(compose) {
  const containers = await of(compose, ...Object.keys(OWN_SECRETS));
  const files = (await Promise.all(containers.map((container) => secretFiles(compose, container)))).flat();
  const values = files.flatMap(({ name, text }) => {
    if (name.endsWith('-url')) return [new URL(text).password];
    if (name === 'nats-credentials') return [text.slice(text.indexOf(':') + 1)];
    if (name === 'nats-server.conf')
      return [...text.matchAll(/^NATS_\w+: "([^"]+)"/gm)].map(([, value]) => value);
    return [text];
  });
  return [...new Set(values)].sort();
}

async function nothingLeaks(compose) {
  const values = await secretValues(compose);
  const places = {
    'what the engine tells about a container': JSON.stringify(await compose.containers()),
    'the compose file': await compose.must('config'),
    'a log': await compose.must('logs', '--no-color'),
  };
  const short = values.filter((value) => value.length < 12).length;
  return [
    ...(values.length >= 12 && short === 0
      ? []
      : [`${values.length} secrets were found, ${short} of them short`]),
    ...Object.entries(places).flatMap(([place, text]) => {
      const found = values.filter((value) => text.includes(value)).length;
      return found === 0 ? [] : [`${found} secrets are in ${place}`];
    }),
  ];
}

async function separateSchemas(compose) {
  const [postgres] = await of(compose, 'postgres');
  const ask = (login, sql) =>
    compose.inside(
      postgres,
      'sh',
      '-c',
      `${login} --no-psqlrc --dbname gatehouse --tuples-only --no-align --command "${sql}"`,
    );
  const as = (service, sql) => {
    const password = `$(cat /run/secrets/${service}-database-password)`;
    const role = service.replaceAll('-', '_');
    return ask(`PGPASSWORD="${password}" psql --host 127.0.0.1 --username ${role}`, sql);
  };
  const tableOf = async (service) => {
    const schema = service.replaceAll('-', '_');
    const sql = `select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = '${schema}' limit 1`;
    // Quotes of a name would end the shell's.
    return (await ask('psql --username postgres', sql)).stdout.trim().replaceAll('"', '\\"');
  };
  const problems = ['authorization-server', 'token-vault'].map(async (owner) => {
    const other = owner === 'token-vault' ? 'authorization-server' : 'token-vault';
    const table = await tableOf(owner);
    const own = await as(owner, `select count(*) from ${table}`);
    const foreign = await as(other, `select count(*) from ${table}`);
    return [
      ...(own.code === 0 ? [] : [`${owner} cannot read its own ${table}: ${own.stderr.trim()}`]),
      ...(foreign.code !== 0 && foreign.stderr.includes('permission denied for schema')
        ? []
        : [`${other} asked for ${table} and got: ${foreign.stdout.trim()} ${foreign.stderr.trim()}`]),
    ];
  });
  return (await Promise.all(problems)).flat();
}

async function noDatabase(compose) {
  const [proxy] = await of(compose, 'vmcp-proxy');
  const script = "require('node:dns').lookup('postgres', (error) => process.exit(error === null ? 1 : 0))";
  const { code } = await compose.inside(proxy, 'node', '-e', script);
  return code === 0 ? [] : ['the name postgres means something to the proxy'];
}

async function secretsStay(compose, up) {
  const before = await secretValues(compose);
  await compose.must(...up);
  const after = await secretValues(compose);
  return before.join(' ') === after.join(' ') ? [] : ['they are not the same any more'];
}

async function cleanStop(compose) {
  await compose.must('stop', ...SERVICES);
  return (await compose.containers())
    .filter(({ service, State }) => SERVICES.includes(service) && State.ExitCode !== 0)
    .map((container) => `${nameOf(container)} ended with ${container.State.ExitCode}`);
}
