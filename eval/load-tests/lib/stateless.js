/** Revisions without sessions, from 2026-07-28 on: each request says itself what `initialize` would have agreed on. */

import encoding from 'k6/encoding';

const FIRST = '2026-07-28';
const PREFIX = 'io.modelcontextprotocol/';

/** What a client asks first, and its answer lists the revisions that the server speaks. */
export const DISCOVER = 'server/discover';

/** Revisions are named by their day. */
export function isStateless(revision) {
  return revision >= FIRST;
}

/** A function that adds to parameters, as JSON text, what a request of `revision` by `client` says of itself. */
export function introducing(revision, client) {
  const meta = JSON.stringify({
    [`${PREFIX}protocolVersion`]: revision,
    [`${PREFIX}clientCapabilities`]: {},
    [`${PREFIX}clientInfo`]: client,
  });
  return (text) => (text === '{}' ? `{"_meta":${meta}}` : `{"_meta":${meta},${text.slice(1)}`);
}

/** The headers that repeat what a request is about, `name` being the tool, prompt or resource, if it is of one. */
export function headersFor(rpc, name) {
  const headers = { 'Mcp-Method': rpc };
  if (name) {
    headers['Mcp-Name'] = isPlain(name) ? name : `=?base64?${encoding.b64encode(name)}?=`;
  }
  return headers;
}

/** The tool, prompt or resource that parameters are about. */
export function nameIn(text) {
  const { name, uri } = JSON.parse(text);
  return name || uri || '';
}

// Whether a header can hold it as it is.
function isPlain(name) {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !name.startsWith('=?base64?');
}
