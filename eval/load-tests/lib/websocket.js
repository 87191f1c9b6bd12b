/** MCP on a WebSocket, which no revision of it describes: the same JSON-RPC, a message each. */

// k6 1.1 has no `k6/websockets`, and 2.x still knows this name.
import { WebSocket } from 'k6/experimental/websockets';
import { Trend } from 'k6/metrics';
import { clearTimeout, setTimeout } from 'k6/timers';
import { failureOf, plainlySucceeded, saidOf } from './answer.js';
import { record } from './metrics.js';
import { positive } from './profile.js';
import { tell } from './request.js';
import { authorization } from './token.js';

const TIMEOUT_MS = positive('REQUEST_TIMEOUT_MS', 30000);
// Those without sessions have no `initialize`, which a connection begins with.
const WITH_SESSIONS = '2025-11-25';
const given = __ENV.MCP_PROTOCOL_VERSION || WITH_SESSIONS;
const INITIALIZE = {
  protocolVersion: given > WITH_SESSIONS ? WITH_SESSIONS : given,
  capabilities: {},
  clientInfo: { name: 'mcp-loadtest', version: '1' },
};
const NOBODY = { headers: {} };
// A message as the table of answers knows it.
const answer = (data) => ({ status: 200, body: data, headers: {} });

const connections = new Trend('fastmcp_websocket_connection_duration', true);

/** Where the server takes WebSockets: MCP_WS_URL, or else `ws` below the MCP endpoint. */
export function address() {
  const [path, query = ''] = __ENV.MCP_URL.split(/(?=\?)/);
  return __ENV.MCP_WS_URL || `${path.replace(/^http/, 'ws').replace(/\/$/, '')}/ws${query}`;
}

/**
 * A connection that is held for `seconds`, on which a call is made each `period` seconds: `pick()` is an entry of a pool.
 *
 * A call counts with its round trip, in whole milliseconds, which is all that k6's clock tells. One that is not answered in
 * time is a `timeout`, and a connection that is refused or that the server ends is a failed call of class `network`.
 */
export function hold(seconds, period, pick) {
  const begun = Date.now();
  const bearer = authorization();
  const socket = new WebSocket(address(), null, { headers: bearer ? { Authorization: bearer } : {}, tags: { name: 'websocket' } });
  let [call, pending, next, overdue, ids] = [pick(), null, null, null, 0];
  let isEnding = false;
  const say = (message) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const tags = () => (call.name ? { rpc: call.rpc, tool: call.name } : { rpc: call.rpc });
  const failed = (failure, words) => {
    record(tags(), 0, failure);
    tell(failure, NOBODY, words);
  };
  const end = () => {
    isEnding = true;
    clearTimeout(next);
    clearTimeout(overdue);
    socket.close();
  };
  const request = (id, method, params) => {
    pending = { id, at: Date.now() };
    overdue = setTimeout(() => {
      failed('timeout', 'no answer on the WebSocket');
      end();
    }, TIMEOUT_MS);
    say({ id, method, params });
  };
  const ask = () => {
    call = pick();
    ids += 1;
    request(ids, call.rpc, JSON.parse(call.text));
  };
  socket.onopen = () => {
    connections.add(Date.now() - begun);
    setTimeout(end, Math.max(0, seconds * 1000 - (Date.now() - begun)));
    request(0, 'initialize', INITIALIZE);
  };
  socket.onmessage = ({ data }) => {
    const message = parse(data);
    if (!message || message.id === undefined || isEnding) {
      return;
    }
    if (message.method) {
      say({ id: message.id, result: {} });
    } else if (pending && message.id === pending.id) {
      clearTimeout(overdue);
      (pending.id === 0 ? opened : answered)(data);
    }
  };
  // An answer counts once: a server that says it again makes nobody ask again.
  const opened = (data) => {
    pending = null;
    const failure = failureOf(answer(data), 0, false);
    if (failure) {
      failed(failure, saidOf(answer(data), 0));
      end();
      return;
    }
    say({ method: 'notifications/initialized' });
    next = setTimeout(ask, Math.random() * period * 1000);
  };
  const answered = (data) => {
    const took = Date.now() - pending.at;
    const response = answer(data);
    const failure = plainlySucceeded(pending.id, data) ? null : failureOf(response, pending.id, false);
    record(tags(), took, failure);
    if (failure) {
      tell(failure, response, saidOf(response, pending.id));
    }
    pending = null;
    next = setTimeout(ask, Math.max(0, period * 1000 - took));
  };
  socket.onerror = ({ error }) => {
    if (!isEnding) {
      isEnding = true;
      clearTimeout(next);
      clearTimeout(overdue);
      failed('network', error);
    }
  };
  socket.onclose = () => {
    if (!isEnding) {
      clearTimeout(next);
      clearTimeout(overdue);
      failed('network', 'the server ended the WebSocket');
    }
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
