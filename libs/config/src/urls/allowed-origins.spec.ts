import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { AllowedOrigins, matchesOrigin, originPatternProblem } from './allowed-origins.js';

describe('a pattern of origins', () => {
  test.each([
    'https://claude.ai',
    'http://localhost:6274',
    'http://localhost:*',
    'http://127.0.0.1:6274',
    'http://[::1]:6274',
    'https://*.example.org',
    'app://obsidian.md',
    'app://-',
    'vscode-webview://0a1b2c',
    'vscode-webview:',
    'vscode-webview://*',
    'tauri://localhost',
  ])('%s is one', (pattern) => {
    expect(originPatternProblem(pattern)).toBeUndefined();
  });

  test.each([
    '*',
    'null',
    '',
    'claude.ai',
    'https://claude.ai/',
    'https://claude.ai/mcp',
    'https://Claude.ai',
    'https://',
    'https:',
    'https://*',
    'https://*.org',
    'https://a.*.example.org',
    'https://*example.org',
    'https://claude.ai:*',
    'https://user@claude.ai',
    'https://münchen.example',
    'https://0x7f.1',
    'app://Obsidian.md',
    'https://claude.ai,https://evil.example',
    'app://a*b',
  ])('%p is none', (pattern) => {
    expect(originPatternProblem(pattern)).toBeDefined();
  });
});

test.each([
  ['https://claude.ai', 'https://claude.ai'],
  ['https://claude.ai:443', 'https://claude.ai'],
  ['http://localhost:6274', 'http://localhost:6274'],
  ['http://localhost:*', 'http://localhost:6274'],
  ['https://*.example.org', 'https://a.b.example.org'],
  ['app://obsidian.md', 'app://obsidian.md'],
  ['vscode-webview:', 'vscode-webview://0a1b2c'],
  ['vscode-webview://*', 'vscode-webview://0a1b2c'],
])('%s lets pages of %s call', (pattern, origin) => {
  expect(matchesOrigin([pattern], origin)).toBe(true);
});

test.each([
  ['https://claude.ai', 'https://evil-claude.ai'],
  ['https://claude.ai', 'https://claude.ai.evil.example'],
  ['https://claude.ai', 'http://claude.ai'],
  ['https://claude.ai', 'https://claude.ai:8443'],
  ['https://claude.ai', 'https://claude.ai@evil.example'],
  ['http://localhost:6274', 'http://localhost:6275'],
  ['http://localhost:*', 'http://localhost.evil.example:6274'],
  ['https://*.example.org', 'https://example.org'],
  ['https://*.example.org', 'https://evilexample.org'],
  ['https://*.example.org', 'https://*.example.org'],
  ['https://*.example.org', 'https://.example.org'],
  ['app://obsidian.md', 'app://evil'],
  ['vscode-webview:', 'vscode://x'],
  ['https://claude.ai', 'null'],
  ['https://claude.ai', ''],
  ['https://claude.ai', 'https://claude.ai https://evil.example'],
])('a page of another site: %s does not let pages of %p call', (pattern, origin) => {
  expect(matchesOrigin([pattern], origin)).toBe(false);
});

test('a page of another site is not let in by any spelling of its origin', () => {
  const allowed = new AllowedOrigins(['https://mcp.example'], ['https://claude.ai', 'vscode-webview:']);
  fc.assert(
    fc.property(fc.webAuthority(), fc.constantFrom('http', 'https', 'HTTPS', 'ws'), (authority, scheme) => {
      const origin = `${scheme}://${authority}`;
      expect(allowed.allow(origin)).toBe(['https://mcp.example', 'https://claude.ai'].includes(origin));
    }),
  );
});

describe('what is not listed', () => {
  test('a public gateway answers to its own pages, not to those of this machine', () => {
    const allowed = new AllowedOrigins(['https://example.org/gatehouse'], []);
    expect(allowed.allow('https://example.org')).toBe(true);
    expect(allowed.allow('http://localhost:6274')).toBe(false);
    expect(allowed.allow('app://obsidian.md')).toBe(false);
  });

  test('a gateway on localhost answers to pages of this machine at any port', () => {
    const allowed = new AllowedOrigins(['http://localhost:4483'], []);
    for (const origin of [
      'http://localhost:6274',
      'http://127.0.0.1:9',
      'http://[::1]:9',
      'https://localhost',
    ])
      expect(allowed.allow(origin)).toBe(true);
    expect(allowed.allow('app://localhost')).toBe(false);
  });

  test('a gateway with one public URL is not local', () => {
    const allowed = new AllowedOrigins(['http://localhost:4484', 'https://mcp.example'], []);
    expect(allowed.allow('http://localhost:6274')).toBe(false);
  });
});
