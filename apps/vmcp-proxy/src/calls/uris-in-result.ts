import type { HeldValue } from '../json/held-value.js';
import { isObject } from '../mcp/message.js';

/** Members of results that name resources: of calls, of prompts, and of what was read. */
const NAMING_MEMBERS = ['content', 'messages', 'contents'] as const;

/** What is larger is not looked through: it holds up everybody. */
const MAX_BYTES = 262_144;
const MAX_URIS = 64;
const MAX_URI_CHARACTERS = 4_096;
const MARK = Buffer.from('"uri"');

/**
 * URIs of resources that a result links to or holds (MCP, resource links and embedded resources). A result without the word is
 * not parsed.
 */
export function urisIn(result: HeldValue): readonly string[] {
  const uris = new Set<string>();
  for (const name of NAMING_MEMBERS) {
    const member = result.member(name);
    if (member === undefined || member.byteLength > MAX_BYTES || !hasMark(member)) continue;
    const list = member.parsed(MAX_BYTES);
    for (const entry of Array.isArray(list) ? list : []) {
      const uri = uriOf(entry);
      if (typeof uri !== 'string' || uri === '' || uri.length > MAX_URI_CHARACTERS) continue;
      uris.add(uri);
      if (uris.size === MAX_URIS) return [...uris];
    }
  }
  return [...uris];
}

/** Of a block, of a prompt's message that has one, or of what was read. */
function uriOf(entry: unknown): unknown {
  if (!isObject(entry)) return undefined;
  if (isObject(entry['content'])) return uriOf(entry['content']);
  const { resource, uri } = entry;
  return isObject(resource) ? resource['uri'] : uri;
}

/** In any of the pieces, or where they meet: they are not copied for it. */
function hasMark({ pieces }: HeldValue): boolean {
  let before = NOTHING;
  for (const piece of pieces) {
    const isSplit = before.length > 0 && Buffer.concat([before, piece.subarray(0, OVERLAP)]).includes(MARK);
    if (isSplit || piece.includes(MARK)) return true;
    before = (piece.length >= OVERLAP ? piece : Buffer.concat([before, piece])).subarray(-OVERLAP);
  }
  return false;
}

const NOTHING: Buffer = Buffer.alloc(0);
const OVERLAP = MARK.length - 1;
