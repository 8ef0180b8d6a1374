import { loadConfiguration } from '@gatehouse/config/load';
import { vmcpProxyPart } from '@gatehouse/config/parts';
import { renderProblems } from '@gatehouse/config/render-problems';
import { Log } from '@gatehouse/observability/log';
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { makeProxy } from './proxy-server.js';

/** Of sysexits(3): something is wrong with the configuration. */
const EXIT_CONFIGURATION = 78;
/** Long answers get this long to finish once the service was told to stop. */
const STOP_WITHIN_MS = 4_500;

const { values } = parseArgs({ options: { config: { type: 'string' } } });
const loaded = loadConfiguration(values.config ?? process.env['GATEHOUSE_CONFIG'] ?? 'gatehouse.yaml', {
  part: 'vmcp-proxy',
});
if (!loaded.ok) {
  console.error(renderProblems(loaded.problems));
  process.exit(EXIT_CONFIGURATION);
}
const part = vmcpProxyPart(loaded.model);
const log = new Log('vmcp-proxy');
const app = await makeProxy(part, log);

let stopping = false;
const stop = (reason: string): void => {
  if (stopping) return;
  stopping = true;
  log.info('stopping', { reason });
  const late = setTimeout(() => process.exit(0), STOP_WITHIN_MS);
  void app.close().finally(() => {
    clearTimeout(late);
    log.flush();
    process.exit(0);
  });
};
process.once('SIGTERM', () => stop('SIGTERM'));
process.once('SIGINT', () => stop('SIGINT'));
if (process.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
  process.stdin.once('close', () => stop('parent gone')).resume();

await app.listen(part.listen.port, part.listen.host);
log.info('listening', { host: part.listen.host, port: part.listen.port });
