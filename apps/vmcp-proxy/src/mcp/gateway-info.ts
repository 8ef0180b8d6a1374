/** What the gateway calls itself towards clients and backends (MCP, `Implementation`). */
export const GATEWAY_INFO = { name: 'gatehouse', title: 'Gatehouse', version: '0.1.0' } as const;
