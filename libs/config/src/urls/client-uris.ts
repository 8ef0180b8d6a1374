import { isLocalhost } from './hosts.js';

/**
 * Schemes without a period by which editors and desktop applications that speak MCP are called back. VS Code and the
 * editors built from it hand their own scheme to every extension; `claude`, `warp` and `raycast` have one of their own.
 */
export const KNOWN_REDIRECT_SCHEMES: readonly string[] = [
  'antigravity',
  'claude',
  'code-oss',
  'cursor',
  'kiro',
  'positron',
  'raycast',
  'trae',
  'vscode',
  'vscode-insiders',
  'vscodium',
  'warp',
  'windsurf',
  'windsurf-next',
];

/** Schemes that browsers and operating systems act upon themselves: they run or show what a URI says, or call somebody. */
const NEVER_SCHEMES: ReadonlySet<string> = new Set([
  'about',
  'android-app',
  'blob',
  'chrome',
  'chrome-extension',
  'cid',
  'content',
  'data',
  'edge',
  'facetime',
  'file',
  'filesystem',
  'ftp',
  'http',
  'https',
  'intent',
  'jar',
  'javascript',
  'mailto',
  'moz-extension',
  'resource',
  'sftp',
  'sms',
  'smb',
  'ssh',
  'tel',
  'urn',
  'vbscript',
  'view-source',
  'ws',
  'wss',
]);

const MAX_LENGTH = 2_048;
/** RFC 3986, appendix A: a URI is written in these. White space, controls, backslashes and other scripts are not among them. */
const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
const ENCODED_CONTROL = /%(?:[01][0-9A-Fa-f]|7[Ff])/;
/** The scheme and, of a URI that has one, the authority. */
const PARTS = /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?:\/\/(?<authority>[^/?]*))?(?<rest>.*)$/s;
/** RFC 8252, section 7.1: the reversed name of a domain that the application's maker owns. */
const REVERSED_DOMAIN = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+$/;

/**
 * Where a code may be sent (OAuth 2.1, section 2.3.1; RFC 8252, section 7): https, http on loopback, a scheme with a
 * period, and schemes that are known or that the operator lists. With any other scheme, some program on the person's
 * machine might run or show the URI.
 * @param furtherSchemes schemes that the operator allows, without their colons
 * @returns what is wrong, as the end of a sentence that starts with the member's name.
 */
export function redirectUriProblem(uri: unknown, furtherSchemes: readonly string[]): string | undefined {
  const read = readUri(uri);
  if (typeof read === 'string') return read;
  const { scheme, authority, rest } = read;
  if (scheme === 'https') return undefined;
  if (scheme === 'http') return isLocalhost(String(uri)) ? undefined : 'with http must be on loopback';
  if (!isPrivateScheme(scheme, furtherSchemes))
    return 'must be https, http on loopback, or of a scheme that has a period or is known here';
  return (authority ?? '') === '' && !rest.startsWith('/')
    ? 'of a private-use scheme must have a path after it'
    : undefined;
}

/** A page about a client (RFC 7591, section 2): nothing is called back there, so plain http is fine anywhere. */
export function clientPageProblem(uri: unknown): string | undefined {
  const read = readUri(uri);
  if (typeof read === 'string') return read;
  return /^https?$/.test(read.scheme) ? undefined : 'must be an http or https URL';
}

/** A scheme that an operator lists. @returns why it cannot be used. */
export function redirectSchemeProblem(scheme: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*$/.test(scheme))
    return 'is not the scheme of a URI: lower-case letters, digits, + . -, without the colon.';
  return NEVER_SCHEMES.has(scheme)
    ? 'is a scheme that browsers or operating systems act upon themselves; no code may be sent there.'
    : undefined;
}

/** Whether a redirect URI leads to the user's own machine (RFC 8252, section 7.3), and so to any program on it. */
export const isLoopbackRedirect = (uri: string): boolean => /^https?:/i.test(uri) && isLocalhost(uri);

/** Whether a redirect URI is opened by whichever application has taken its scheme on the user's machine. */
export const isPrivateUseRedirect = (uri: string): boolean => !/^https?:/i.test(uri);

const isPrivateScheme = (scheme: string, furtherSchemes: readonly string[]): boolean =>
  !NEVER_SCHEMES.has(scheme) &&
  (REVERSED_DOMAIN.test(scheme) ||
    KNOWN_REDIRECT_SCHEMES.includes(scheme) ||
    furtherSchemes.includes(scheme));

/** Without its port. Browsers rewrite addresses written as numbers, encoded letters and the like. */
const writtenHost = (authority: string | undefined): string =>
  (authority ?? '').replace(/:\d*$/, '').toLowerCase();

interface ReadUri {
  /** In lower case. */
  readonly scheme: string;
  /** Absent when nothing stands between `//` and the path. */
  readonly authority: string | undefined;
  readonly rest: string;
}

/** The common rules of a client's URIs. URIs are compared and shown as text, so each must have one reading only. */
function readUri(uri: unknown): ReadUri | string {
  if (typeof uri !== 'string' || uri.length > MAX_LENGTH)
    return `must be a string of at most ${MAX_LENGTH} characters`;
  if (uri.includes('#')) return 'must not contain a fragment';
  if (!URI_CHARACTERS.test(uri) || ENCODED_CONTROL.test(uri))
    return 'must contain nothing but the characters of RFC 3986: no spaces, backslashes or control characters';
  const { scheme, authority, rest = '' } = PARTS.exec(uri)?.groups ?? {};
  if (scheme === undefined || !URL.canParse(uri)) return 'must be an absolute URI';
  if (authority?.includes('@') === true) return 'must not contain a user name';
  // Some programs read `https:/host` and `https:///host` as hosts, others as paths.
  if (/^https?$/i.test(scheme) && new URL(uri).hostname !== writtenHost(authority))
    return 'must name its host after :// as browsers show it, in lower case or capitals';
  return { scheme: scheme.toLowerCase(), authority, rest };
}
