import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { OutboundFailure } from '@gatehouse/safe-fetch/outbound-failure';
import { ConnectProxy } from '@gatehouse/testing/connect-proxy';
import { documentFetch } from './metadata-documents.client.js';

let proxy: ConnectProxy;
beforeEach(async () => {
  // It would reach anything.
  proxy = await ConnectProxy.start({ refuseWith: 502 });
});
afterEach(() => proxy.close());

const fetchThrough = async (
  url: string,
  refusesPrivateAddresses = false,
): Promise<OutboundFailure | undefined> => {
  const wayOut = { httpsProxy: proxy, noProxy: [], refusesPrivateAddresses };
  const fetch = documentFetch({ allowPrivateIps: false }, wayOut);
  const error: unknown = await fetch(url, { method: 'GET', headers: {} }).catch((thrown: unknown) => thrown);
  return OutboundFailure.in(error);
};

test('a client’s document leaves through the proxy', async () => {
  expect((await fetchThrough('https://93.184.216.34/client.json'))?.message).toContain('502');
  expect(proxy.asked).toMatchObject([{ method: 'CONNECT', target: '93.184.216.34:443' }]);
});

test.each([
  'https://169.254.169.254/client.json',
  'https://10.1.2.3/client.json',
  'https://localhost/client.json',
])('a stranger cannot have the proxy asked for %s (SSRF)', async (url) => {
  expect((await fetchThrough(url))?.kind).toBe('blocked');
  expect((await fetchThrough(url, true))?.kind).toBe('blocked');
  expect(proxy.asked).toEqual([]);
});

test('a stranger’s name that only the proxy can resolve is not left to it, unless it refuses private addresses (SSRF)', async () => {
  const url = 'https://client.invalid/client.json';
  expect((await fetchThrough(url))?.kind).toBe('blocked');
  expect(proxy.asked).toEqual([]);
  expect((await fetchThrough(url, true))?.message).toContain('502');
  expect(proxy.asked).toMatchObject([{ method: 'CONNECT', target: 'client.invalid:443' }]);
});
