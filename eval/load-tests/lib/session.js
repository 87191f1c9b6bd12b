import exec from 'k6/execution';
import http from 'k6/http';
import { httpFailure, messageFailure } from './failure.js';
import { record } from './metrics.js';
import { positive } from './profile.js';
import { plainlySucceeded, replyTo } from './reply.js';
import { authorization } from './token.js';

const PROTOCOL_VERSION = __ENV.MCP_PROTOCOL_VERSION || '2025-11-25';
const TIMEOUT_MS = positive('REQUEST_TIMEOUT_MS', 30000);
const CLOSE_TIMEOUT_MS = Math.min(TIMEOUT_MS, 10000);
const MAX_PAGES = 20;
const INITIALIZE = JSON.stringify({
  protocolVersion: PROTOCOL_VERSION,
  capabilities: {},
  clientInfo: { name: 'mcp-loadtest', version: '1' },
});
// 405 is the answer of a server that lets no client end a session, 404 of one that has ended it already.
const CLOSED = http.expectedStatuses({ min: 200, max: 299 }, 404, 405);

const url = __ENV.MCP_URL;
if (!url) {
  throw new Error('MCP_URL is not set; it is the address of the MCP endpoint, such as http://127.0.0.1:8080/mcp');
}

const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };

let requests = 0;

/**
 * An MCP session: `open` it, make calls, `close` it.
 *
 * Every function but `close` returns the class of the failure, or null. `measured` lists the rpc names that count as
 * calls. A session that cannot be opened counts as a failed `initialize` even where `initialize` is not measured, so
 * that refused sessions stand beside the calls of the others and are never an absence of bad news.
 */
export function session(measured) {
  return { measured, headers, isOpen: false };
}

/** initialize and notifications/initialized. */
export function open(it) {
  it.headers = headers;
  const { failure, response, id } = request(it, 'initialize', INITIALIZE);
  const reply = failure ? null : replyTo(id, response.body);
  const refusal = failure || (reply && reply.result && reply.result.protocolVersion ? null : 'protocol_error');
  if (refusal || it.measured.includes('initialize')) {
    record({ rpc: 'initialize' }, response, refusal);
  }
  if (refusal) {
    return refusal;
  }
  it.headers = { ...headers, 'MCP-Protocol-Version': reply.result.protocolVersion };
  const sessionId = response.headers['Mcp-Session-Id'];
  if (sessionId) {
    it.headers['Mcp-Session-Id'] = sessionId;
  }
  it.isOpen = true;
  http.post(url, '{"jsonrpc":"2.0","method":"notifications/initialized"}', {
    ...params(it, { rpc: 'notifications/initialized' }),
    responseType: 'none',
  });
  return null;
}

/** tools/list, every page of it. */
export function listTools(it) {
  let cursor = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { failure, response, id } = measure(it, 'tools/list', JSON.stringify(cursor ? { cursor } : {}));
    if (failure) {
      return failure;
    }
    const reply = response.body.includes('"nextCursor"') ? replyTo(id, response.body) : null;
    cursor = reply && reply.result.nextCursor;
    if (!cursor) {
      return null;
    }
  }
  return null;
}

/** tools/call with one entry of the pool. */
export function call(it, { tool, params: text }) {
  return measure(it, 'tools/call', text, tool).failure;
}

/** DELETE, for a server that gave a session and still has it. */
export function close(it) {
  if (it.isOpen && it.headers['Mcp-Session-Id']) {
    http.del(url, null, {
      ...params(it, { rpc: 'delete' }),
      timeout: CLOSE_TIMEOUT_MS,
      responseCallback: CLOSED,
      responseType: 'none',
    });
  }
  it.isOpen = false;
}

function measure(it, rpc, text, tool) {
  const done = request(it, rpc, text, tool);
  if (it.measured.includes(rpc)) {
    record(tool ? { rpc, tool } : { rpc }, done.response, done.failure);
  }
  return done;
}

function request(it, rpc, text, tool) {
  requests += 1;
  const id = exec.vu.idInTest * 1000000 + requests;
  const body = `{"jsonrpc":"2.0","id":${id},"method":"${rpc}","params":${text}}`;
  const response = http.post(url, body, params(it, tool ? { rpc, tool } : { rpc }));
  let failure = httpFailure(response, it.isOpen && Boolean(it.headers['Mcp-Session-Id']));
  if (!failure && !plainlySucceeded(id, response.body)) {
    failure = messageFailure(replyTo(id, response.body));
  }
  if (failure === 'session_lost') {
    it.isOpen = false;
  }
  return { failure, response, id };
}

// The name tag keeps every request of one rpc in one time series, whatever the address holds.
function params(it, tags) {
  const current = authorization();
  if (current && it.headers.Authorization !== current) {
    it.headers = { ...it.headers, Authorization: current };
  }
  return { headers: it.headers, timeout: TIMEOUT_MS, redirects: 0, tags: { name: tags.rpc, ...tags } };
}
