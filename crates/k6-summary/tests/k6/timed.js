// Real durations, and beside the summary the figures that k6 itself found.
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';

const calls = new Counter('mcp_calls');
const durations = new Trend('mcp_call_duration', true);

export const options = {
  vus: 4,
  iterations: 500,
  thresholds: { 'mcp_call_duration{rpc:tools/list}': ['max>=0'], 'mcp_calls{rpc:tools/list}': ['count>=0'] },
};

export default function () {
  const rpc = __ITER % 3 ? 'tools/call' : 'tools/list';
  const response = http.get(__ENV.URL);
  calls.add(1, { rpc });
  durations.add(response.timings.duration, { rpc });
}

export function handleSummary(data) {
  const all = data.metrics.mcp_call_duration.values;
  const list = data.metrics['mcp_call_duration{rpc:tools/list}'].values;
  const { count, rate } = data.metrics.mcp_calls.values;
  const own = {
    calls: count,
    rate,
    min: all.min,
    avg: all.avg,
    p50: all['p(50)'],
    p90: all['p(90)'],
    p95: all['p(95)'],
    p99: all['p(99)'],
    max: all.max,
    list_p95: list['p(95)'],
  };
  return { [__ENV.HANDLE_SUMMARY]: JSON.stringify(own) };
}
