import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { loadConfiguration } from '@gatehouse/config/load';
import { tokenVaultPart } from '@gatehouse/config/parts';
import { renderProblems } from '@gatehouse/config/render-problems';
import { Log } from '@gatehouse/observability/log';
import { startTokenVault } from './token-vault.app.js';

/** sysexits.h: the configuration is wrong; starting again changes nothing. */
const EXIT_CONFIG = 78;

const { values } = parseArgs({ options: { config: { type: 'string' } } });
const path = values.config ?? process.env['GATEHOUSE_CONFIG'] ?? 'gatehouse.yaml';
const loaded = loadConfiguration(path, { part: 'token-vault' });
if (!loaded.ok) {
  console.error(renderProblems(loaded.problems));
  process.exit(EXIT_CONFIG);
}

const log = new Log('token-vault');
try {
  const config = tokenVaultPart(loaded.model);
  await startTokenVault(config, log);
  log.info('service-started', { host: config.listen.host, port: config.listen.port });
} catch (error) {
  log.failure('service-not-started', error);
  log.flush();
  process.exit(1);
}

// A launcher that died leaves nothing behind: its end of the pipe closes with it.
if (process.env['GATEHOUSE_STOP_WITH_PARENT'] === '1')
  process.stdin.resume().once('close', () => process.kill(process.pid, 'SIGTERM'));
