// Every kind of metric, with values that are the same in every run: 200 calls, 4 of them throttled.
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const calls = new Counter('mcp_calls');
const durations = new Trend('mcp_call_duration', true);
const failures = new Counter('mcp_call_failures');
const depth = new Gauge('depth');
const cached = new Rate('cached');

export const options = {
  vus: 1,
  iterations: 200,
  thresholds: {
    http_req_failed: ['rate<0.05'],
    mcp_call_duration: ['p(95)<' + (__ENV.LIMIT || 500)],
    'mcp_call_duration{ rpc : "tools/call" }': ['max>=0'],
    'mcp_call_duration{rpc:initialize}': ['p(95)<100'],
    'mcp_call_duration{tool:executeSQL}': ['max>=0'],
    'mcp_calls{tool:executeSQL}': ['count>=0'],
    'mcp_calls{rpc:tools/call}': ['count>=0'],
    'mcp_call_failures{failure:rate_limited}': ['count>=0'],
    'mcp_call_failures{failure:network}': ['count>=0'],
  },
};

export default function () {
  const turn = exec.scenario.iterationInTest;
  const tags = { rpc: 'tools/call', tool: turn % 2 ? 'listEntities' : 'executeSQL' };
  http.get(__ENV.URL);
  calls.add(1, tags);
  depth.add(turn);
  cached.add(turn % 4 === 0);
  if (turn % 50 === 49) {
    failures.add(1, { ...tags, failure: 'rate_limited' });
  } else {
    durations.add(turn + 0.5, tags);
  }
}

export function handleSummary(data) {
  if (!__ENV.HANDLE_SUMMARY) {
    return {};
  }
  return { [__ENV.HANDLE_SUMMARY]: JSON.stringify(data) };
}
