import http from 'k6/http';
import { sleep } from 'k6';
import { failureOf, saidOf } from './answer.js';
import { positive } from './profile.js';
import { lastEventId, messageFor, retryAfter } from './reply.js';
import { authorization } from './token.js';

const TIMEOUT_MS = positive('REQUEST_TIMEOUT_MS', 30000);
const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
// A stream that ends before the answer is gone on with, as often as that.
const MOST_RESUMED = 20;
// A server says by `retry` how long it wants to be left alone before that.
const MOST_WAITED_MS = 5000;

export const url = __ENV.MCP_URL;
if (!url) {
  throw new Error('MCP_URL is not set; it is the address of the MCP endpoint, such as http://127.0.0.1:8080/mcp');
}

const told = new Set();

/** The headers of a session, and with `id` and `protocol` those that it was given. */
export function headersOf(id, protocol) {
  const headers = { ...HEADERS };
  if (protocol) {
    headers['MCP-Protocol-Version'] = protocol;
  }
  if (id) {
    headers['Mcp-Session-Id'] = id;
  }
  return headers;
}

/** The parameters of a request of k6; the name tag keeps every request of one rpc in one series of its own. */
export function paramsOf(headers, tags, more = {}) {
  return { headers, timeout: TIMEOUT_MS, redirects: 0, tags: { name: tags.rpc, ...tags }, ...more };
}

/**
 * Asks the server; the class of the failure, or null, is for `failureOf` to say.
 *
 * Whatever is read of a response costs k6 a conversion, so that it is read once.
 */
export function post(id, rpc, text, params) {
  authorize(params.headers);
  return http.post(url, `{"jsonrpc":"2.0","id":${id},"method":"${rpc}","params":${text}}`, params);
}

/**
 * What came of an answer that is no plain success: the response, how long it took in milliseconds, the failure or null.
 *
 * Revision 2025-11-25 lets a server end the stream before the answer; then the rest is asked for.
 */
export function settle(response, id, params, inSession) {
  const failure = failureOf(response, id, inSession);
  const { duration } = response.timings;
  if (failure === 'protocol_error' && isUnfinished(response, id)) {
    const session = response.headers['Mcp-Session-Id'];
    const headers = session ? { ...params.headers, 'Mcp-Session-Id': session } : params.headers;
    const rest = resumed(response, id, { ...params, headers });
    const then = failureOf(rest.response, id, inSession);
    if (then) {
      tell(then, rest.response, saidOf(rest.response, id));
    }
    return { response: rest.response, first: response, duration: duration + rest.duration, failure: then };
  }
  if (failure) {
    tell(failure, response, saidOf(response, id));
  }
  return { response, duration, failure };
}

export function notify(method, params) {
  authorize(params.headers);
  return http.post(url, `{"jsonrpc":"2.0","method":"${method}"}`, { ...params, responseType: 'none' });
}

/** Ends a session; whether it has ended says the answer, and it is nobody's failed request. */
export function remove(params) {
  authorize(params.headers);
  const timeout = Math.min(TIMEOUT_MS, 10000);
  const response = http.del(url, null, { ...params, timeout, responseCallback: null, responseType: 'text' });
  // 405 is the answer of a server that lets no client end a session, 404 of one that has ended it already.
  const isDone = (response.status >= 200 && response.status < 300) || [404, 405].includes(response.status);
  if (!isDone) {
    tell('session not closed', response, saidOf(response, 0));
  }
  return isDone;
}

// The headers of a session have the token of its beginning, and another one once that is renewed.
function authorize(headers) {
  const current = authorization();
  if (current && headers.Authorization !== current) {
    headers.Authorization = current;
  }
}

function isUnfinished(response, id) {
  const kind = response.headers['Content-Type'] || '';
  return response.status === 200 && kind.startsWith('text/event-stream') && !messageFor(id, response.body || '') && lastEventId(response.body || '') !== null;
}

function resumed(first, id, params) {
  let [response, duration] = [first, 0];
  for (let turn = 0; turn < MOST_RESUMED && isUnfinished(response, id); turn += 1) {
    const headers = { ...params.headers, Accept: 'text/event-stream', 'Last-Event-ID': lastEventId(response.body) };
    // At once the first time: k6 reads a stream to its end, and one that is there for the answer ends with it.
    if (turn > 0) {
      sleep(Math.min(retryAfter(response.body), MOST_WAITED_MS) / 1000);
    }
    const tags = { name: 'resume' };
    const more = http.get(url, { ...params, headers, tags });
    duration += more.timings.duration;
    if (more.status !== 200 || !more.body) {
      break;
    }
    response = more;
  }
  return { response, duration };
}

/** One example a class and user: what came back, in the server's words. */
export function tell(failure, response, words) {
  if (told.has(failure)) {
    return;
  }
  told.add(failure);
  const type = (response.headers || {})['Content-Type'] || '';
  // By characters, since half of one is no text.
  const said = Array.from(words || '').slice(0, 300).join('');
  console.warn(`mcp-example ${JSON.stringify({ failure, status: response.status, type, said })}`);
}
