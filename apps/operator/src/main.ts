import { KubeConfig } from '@kubernetes/client-node';
import { Log } from '@gatehouse/observability/log';
import { startInternalServer } from '@gatehouse/service-process/internal-server';
import { startOperator } from './operator.js';
import { readSettings, SettingsError } from './settings.js';

const log = new Log('operator');
try {
  const settings = readSettings(process.env);
  const config = new KubeConfig();
  // In a pod the account of the pod; else what kubectl uses (KUBECONFIG).
  config.loadFromDefault();
  const operator = startOperator(config, settings, log);
  const { internalPort } = settings;
  const internal =
    internalPort === undefined
      ? undefined
      : await startInternalServer({ host: '0.0.0.0', port: internalPort }, operator.facts, log);
  log.info('operator-started', { namespace: settings.namespace, gateways: settings.gateways.join(',') });
  const stop = (): void => {
    const ended = (): never => process.exit(0);
    void operator
      .stop()
      .finally(async () => await internal?.close())
      .then(ended, ended);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exit(78);
}
