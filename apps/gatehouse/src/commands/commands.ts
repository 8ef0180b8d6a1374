import { addAudit } from './audit.js';
import { addBackup } from './backup.js';
import { addBridge } from './bridge.js';
import { addClientCommands } from './client.js';
import { addClients } from './clients.js';
import type { AddCommand } from './command.js';
import { addCompletion } from './completion.js';
import { addConnections } from './connections.js';
import { addConvert } from './convert.js';
import { addDemonstrate } from './demonstrate.js';
import { addDoctor } from './doctor.js';
import { addHelmValues } from './helm-values.js';
import { addInit } from './init.js';
import { addExplain } from './explain.js';
import { addKeys } from './keys.js';
import { addMigrate } from './migrate.js';
import { addNatsConfiguration } from './nats-configuration.js';
import { addProviders } from './providers.js';
import { addSchema } from './schema.js';
import { addSessions } from './sessions.js';
import { addTools } from './tools.js';
import { addUp } from './up.js';
import { addValidate } from './validate.js';
import { addVersion } from './version.js';

/** Every command, in the order of the help. A new one is a file beside this one, and a line here. */
export const COMMANDS: readonly AddCommand[] = [
  addInit,
  addUp,
  addValidate,
  addDoctor,
  addConvert,
  addSchema,
  addExplain,
  addTools,
  addSessions,
  addConnections,
  addClients,
  addProviders,
  addKeys,
  addClientCommands,
  addNatsConfiguration,
  addHelmValues,
  addMigrate,
  addBridge,
  addAudit,
  addBackup,
  addDemonstrate,
  addCompletion,
  addVersion,
];
