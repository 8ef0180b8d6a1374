import { KubeConfig } from '@kubernetes/client-node';
import { Log } from '@gatehouse/observability/log';
import { startOperator } from './operator.js';
import { readSettings, SettingsError } from './settings.js';

const log = new Log('operator');
try {
  const settings = readSettings(process.env);
  const config = new KubeConfig();
  // In a pod the account of the pod; else what kubectl uses (KUBECONFIG).
  config.loadFromDefault();
  const operator = startOperator(config, settings, log);
  log.info('operator-started', { namespace: settings.namespace, gateways: settings.gateways.join(',') });
  const stop = (): void => {
    const ended = (): never => process.exit(0);
    void operator.stop().then(ended, ended);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(78);
}
