import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from '@gatehouse/testing/repository';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { chartTool } from '../support/chart/chart-tools.js';

const promtool = chartTool('promtool');

interface Configuration {
  readonly listen: {
    readonly proxy: Listener;
    readonly authorizationServer: Listener;
    readonly tokenVault: Listener;
  };
  readonly telemetry?: { readonly otlp: { readonly endpoint: string } };
}
interface Listener {
  readonly internal: { readonly host?: string; readonly port: number };
}
interface Compose {
  readonly services: Readonly<Record<string, Container>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}
interface Container {
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
}
interface Prometheus {
  readonly scrape_configs: readonly {
    readonly dns_sd_configs: readonly { readonly names: readonly string[]; readonly port: number }[];
  }[];
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly unknown[] }[];
}

const read = (path: string): unknown => parse(readFileSync(inRepository(path), 'utf8'), { merge: true });
const compose = read('docker-compose.yml') as Compose;
const observed = read('examples/compose/gatehouse.observed.yaml') as Configuration;
const networksOf = (name: string): readonly string[] => compose.services[name]?.networks ?? [];

describe('docker compose --profile observe', () => {
  test('its configuration is that of the demonstration, with internal listeners for other containers and with traces', () => {
    const { listen, telemetry, ...rest } = observed;
    const plain = read('examples/compose/gatehouse.yaml') as Configuration;
    const reachable = <T extends Listener>(listener: T): T => ({
      ...listener,
      internal: { ...listener.internal, host: '0.0.0.0' },
    });
    expect({ listen, ...rest }).toEqual({
      ...plain,
      listen: {
        proxy: reachable(plain.listen.proxy),
        authorizationServer: reachable(plain.listen.authorizationServer),
        tokenVault: reachable(plain.listen.tokenVault),
      },
    });
    expect(telemetry).toEqual({ otlp: { endpoint: 'http://collector:4318', insecureAllowHttp: true } });
  });

  test('Prometheus asks every replica of the three services at its internal port, on a network that leads nowhere', () => {
    const { proxy, authorizationServer, tokenVault } = observed.listen;
    const [scraped] = (read('infra/observe/prometheus/prometheus.yaml') as Prometheus).scrape_configs;
    const asked = scraped?.dns_sd_configs.map(({ names, port }) => [...names, port]);
    expect(asked).toEqual([
      ['vmcp-proxy', proxy.internal.port],
      ['authorization-server', authorizationServer.internal.port],
      ['token-vault', tokenVault.internal.port],
    ]);
    for (const name of ['vmcp-proxy', 'authorization-server', 'token-vault', 'grafana'])
      expect(networksOf(name)).toContain('observe');
    for (const name of ['prometheus', 'collector']) expect(networksOf(name)).toEqual(['observe']);
    expect(compose.networks['observe']).toEqual({ internal: true });
  });

  test('Grafana alone has a port, on this machine only, and a password that was made for it', () => {
    const watching = Object.entries(compose.services).filter(([, { profiles }]) =>
      profiles?.includes('observe'),
    );
    expect(watching.map(([name]) => name)).toEqual(['prometheus', 'grafana', 'collector']);
    const published = watching.flatMap(([, { ports }]) => ports ?? []);
    expect(published).toHaveLength(1);
    expect(published[0]).toMatch(/^127\.0\.0\.1:/);
    expect(compose.services['grafana']).toMatchObject({
      environment: { GF_SECURITY_ADMIN_PASSWORD__FILE: '/run/secrets/grafana-password' },
    });
    expect(readFileSync(inRepository('infra/docker/secrets.sh'), 'utf8')).toContain(
      'once grafana/grafana-password',
    );
  });

  test('Grafana finds the dashboards, and their Prometheus', () => {
    const folder = 'infra/observe/grafana-provisioning';
    const { providers } = read(`${folder}/dashboards/gatehouse.yaml`) as {
      providers: readonly { options: { path: string } }[];
    };
    const mounted = compose.services['grafana']?.volumes ?? [];
    expect(providers.map(({ options }) => options.path)).toEqual(['/dashboards']);
    expect(mounted).toContain('./infra/observe/grafana:/dashboards:ro');
    expect(mounted).toContain(`./${folder}:/etc/grafana/provisioning:ro`);
    expect(readdirSync(inRepository(folder)).sort()).toEqual(['dashboards', 'datasources']);
    const { datasources } = read(`${folder}/datasources/prometheus.yaml`) as {
      datasources: readonly object[];
    };
    expect(datasources).toMatchObject([
      { type: 'prometheus', url: 'http://prometheus:9090', isDefault: true },
    ]);
  });

  (promtool === undefined ? test.skip : test)('Prometheus reads its file, with the alert rules', () => {
    const { stdout, stderr, status } = spawnSync(promtool ?? '', ['check', 'config', 'prometheus.yaml'], {
      cwd: inRepository('infra/observe/prometheus'),
      encoding: 'utf8',
    });
    const { groups } = read('infra/observe/prometheus/gatehouse.rules.yaml') as Rules;
    const count = groups.flatMap(({ rules }) => rules).length;
    expect(count).toBeGreaterThan(30);
    expect(stdout + stderr).toMatch(new RegExp(`SUCCESS: [^\\n]*\\b${count} rules found`));
    expect(status).toBe(0);
  });
});
