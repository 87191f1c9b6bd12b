// The same calls by k6's own http.post and nothing else: the answers are not even looked at.
import http from 'k6/http';

const { MCP_URL, BEARER, SECONDS } = __ENV;

export const options = {
  scenarios: { loop: { executor: 'constant-vus', vus: 4, duration: `${SECONDS}s` } },
};

const PROTOCOL_VERSION = '2025-11-25';
const request = (id, method, params) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const CALL = request(1000001, 'tools/call', { name: 'echo', arguments: { text: 'hello' } });
const CLIENT = { name: 'mcp-loadtest', version: '1' };
const INITIALIZE = request(1, 'initialize', { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: CLIENT });

const headers = {
  'Content-Type': 'application/json',
  Accept: 'application/json, text/event-stream',
  Authorization: `Bearer ${BEARER}`,
};
const params = { headers };

export default function () {
  const opened = http.post(MCP_URL, INITIALIZE, params);
  headers['MCP-Protocol-Version'] = PROTOCOL_VERSION;
  headers['Mcp-Session-Id'] = opened.headers['Mcp-Session-Id'];
  http.post(MCP_URL, request(undefined, 'notifications/initialized'), params);
  for (let turn = 0; turn < 200; turn += 1) {
    http.post(MCP_URL, CALL, params);
  }
  http.del(MCP_URL, null, params);
  delete headers['Mcp-Session-Id'];
}
