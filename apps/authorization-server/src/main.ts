import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { loadConfiguration } from '@gatehouse/config/load';
import { authorizationServerPart } from '@gatehouse/config/parts';
import { renderProblems } from '@gatehouse/config/render-problems';
import { Log } from '@gatehouse/observability/log';
import { createApplication, start } from './application.js';

const EX_CONFIG = 78;
const STOP_WITHIN_MS = 5_000;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const path = values.config ?? process.env['GATEHOUSE_CONFIG'] ?? 'gatehouse.yaml';
  const loaded = loadConfiguration(path, { part: 'authorization-server' });
  if (!loaded.ok) {
    console.error(renderProblems(loaded.problems));
    process.exit(EX_CONFIG);
  }
  const config = authorizationServerPart(loaded.model);
  const log = new Log('authorization-server');
  try {
    const app = await createApplication(config, log);
    const stop = stopper(log, () => app.close());
    process.once('SIGTERM', stop).once('SIGINT', stop);
    // A launcher that died leaves nothing behind.
    if (process.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
      process.stdin.on('end', stop).on('error', stop).resume();
    await start(app, config);
    log.info('listening', { host: config.listen.host, port: config.listen.port, issuer: config.issuer });
  } catch (error) {
    log.error('start-failed', { reason: error instanceof Error ? error.message : 'unknown' });
    log.flush();
    process.exit(1);
  }
}

function stopper(log: Log, close: () => Promise<void>): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    void close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
}

await main();
