import type { INestApplication } from '@nestjs/common';
import type { AdministrationListener } from '@gatehouse/config/model/administration';
import type { Log } from '@gatehouse/observability/log';
import { HTTP_LIMITS, limitedServer, type HttpLimits } from '@gatehouse/service-process/http-server';
import { listen, type Listener } from '@gatehouse/service-process/listener';
import { AdministrationController } from './administration/administration.controller.js';

/** A few programs of operators. */
const LIMITS: HttpLimits = { ...HTTP_LIMITS, maxConnections: 64 };

/** The listener of the administrator's API. */
export const startAdministration = async (
  app: Pick<INestApplication, 'get'>,
  administration: AdministrationListener,
  log: Log,
): Promise<Listener> =>
  await listen(
    limitedServer(LIMITS, log, app.get(AdministrationController).listener(administration)),
    administration,
  );
