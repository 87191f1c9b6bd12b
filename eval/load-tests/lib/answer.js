import { messageFor } from './reply.js';

/** What an answer is; its comment says how to read it. */
const table = JSON.parse(open(import.meta.resolve('./answers.json')));

/** The classes a failed call falls into; each has its own count in the summary. */
export const FAILURES = [...new Set(table.rules.map((it) => it.class).filter(Boolean))];

// The code of k6 for a request that was given up after its `timeout`.
const TIMED_OUT = 1050;

/**
 * The class of the failure that an answer to request `id` is, or null for a success; `inSession` says whether the
 * request named a session.
 */
export function failureOf(response, id, inSession) {
  const { status, body } = response;
  const message = status >= 200 && status < 300 ? messageFor(id, body || '') : null;
  const kind = kindOf(message);
  const said = wordsOf(kind, message, body).toLowerCase();
  const fits = (it) =>
    (!it.status || (status >= it.status[0] && status <= it.status[1])) &&
    (!it.timed_out || response.error_code === TIMED_OUT) &&
    (!it.begun || hasBegun(response)) &&
    (!it.session || inSession) &&
    (!it.kind || it.kind === kind) &&
    (!it.words || table.words[it.words].some((word) => said.includes(word)));
  return table.rules.find(fits).class || null;
}

/** What the server says of a failure, for people. */
export function saidOf(response, id) {
  const { status, body } = response;
  const message = status >= 200 && status < 300 ? messageFor(id, body || '') : null;
  const words = wordsOf(kindOf(message), message, body) || response.error || '';
  return response.error_code === TIMED_OUT && hasBegun(response) ? `the answer began and its stream stayed open until it timed out` : words;
}

// k6 counts the time to the first byte as waiting, and knows none where no byte came.
function hasBegun({ timings }) {
  return Boolean(timings) && timings.waiting > 0 && timings.receiving > 0;
}

/**
 * Whether the body shows without being parsed that request `id` got a result that is no error: it is whole, has our id
 * and a result that is an object, and nothing in it speaks of an error.
 *
 * Parsing a reply of 13 KB costs k6 thirty times what the request itself does, so only doubtful ones are parsed.
 * The members looked for cannot be text of a tool, because inside a JSON string their quotes are escaped.
 */
export function plainlySucceeded(id, body) {
  return (
    isWhole(body, id) &&
    (body.includes(`"id":${id},`) || body.includes(`"id":${id}}`)) &&
    body.includes('"result":{') &&
    !body.includes('"error":') &&
    !body.includes('"method":') &&
    (!body.includes('"resultType":') || body.includes('"resultType":"complete"')) &&
    (!body.includes('"isError"') || (body.includes('"isError":false') && !body.includes('"isError":true')))
  );
}

// Whether a message reaches to its last brace: at the end of a body, or of a line of an event stream.
function isWhole(body, id) {
  if (body.includes('}}\n') || body.includes('}}\r')) {
    return true;
  }
  const text = body.trimEnd();
  return text.endsWith('}}') || text.endsWith(`"id":${id}}`) || text.endsWith('"jsonrpc":"2.0"}');
}

function kindOf(message) {
  if (!message) {
    return 'none';
  }
  if (message.error !== undefined && message.error !== null) {
    return 'error';
  }
  if (!message.result || typeof message.result !== 'object' || Array.isArray(message.result)) {
    return 'none';
  }
  if (message.result.isError === true) {
    return 'error_envelope';
  }
  return (message.result.resultType ?? 'complete') === 'complete' ? 'result' : 'unfinished';
}

function wordsOf(kind, message, body) {
  if (kind === 'error') {
    return typeof message.error.message === 'string' ? message.error.message : JSON.stringify(message.error);
  }
  if (kind === 'error_envelope') {
    const content = Array.isArray(message.result.content) ? message.result.content : [];
    return content.map((it) => (it && typeof it.text === 'string' ? it.text : '')).join(' ');
  }
  return body || '';
}
