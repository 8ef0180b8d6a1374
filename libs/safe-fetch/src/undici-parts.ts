import type * as Undici from 'undici';
import request from 'undici/lib/api/api-request.js';
import connector from 'undici/lib/core/connect.js';
import client from 'undici/lib/dispatcher/client.js';
import dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import pool from 'undici/lib/dispatcher/pool.js';

/**
 * What the services need of undici: connections. Its index loads all of it, with `fetch`, WebSockets, caches and mocks: a hundred files
 * and 0.9 MB of source that each idle process would keep (docs/speed.md).
 */
type Used = 'dispatch' | 'destroy';

export const Client: new (
  origin: string,
  options?: Undici.Client.Options,
) => Pick<Undici.Client, Used | 'request'> = client;

export const Pool: new (origin: string, options?: Undici.Pool.Options) => Pick<Undici.Pool, Used> = pool;

export const connectorOf: typeof Undici.buildConnector = connector;

// Its index does the same, with all of its methods.
dispatcher.prototype.request = request;
