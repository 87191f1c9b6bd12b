// Every kind of metric, every odd spelling, in few requests: for the points and the summary of one run.
import exec from 'k6/execution';
import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const parts = new Counter('parts');
const depth = new Gauge('depth');
const cached = new Rate('cached');
const sizes = new Trend('sizes');
const steps = new Trend('steps', true);
const calls = new Counter('mcp_calls');
const durations = new Trend('mcp_call_duration', true);
const failures = new Counter('mcp_call_failures');

const iterations = Number(__ENV.ITERATIONS || 8);
const loop = (exec) => ({ executor: 'shared-iterations', vus: 2, iterations, exec });

export const options = {
  scenarios: { browse: loop('browse'), search: loop('search') },
  thresholds: {
    http_req_duration: ['p(95)<60000', { threshold: 'p(99.9)<60000', abortOnFail: true }],
    'http_req_duration{scenario:browse}': ['max>=0'],
    'http_req_duration{ expected_response : "true" ,scenario:browse}': ['max>=0'],
    'sizes{ kind : "odd" }': ['max>=0'],
    'sizes{kind:never}': ['max<1'],
    cached: ['rate<0.1'],
    parts: ['count>0.5'],
    depth: ['value<0'],
    checks: ['rate>0.4'],
  },
};

export function setup() {
  http.get(__ENV.URL);
}

export function browse() {
  const turn = exec.scenario.iterationInTest;
  const rpc = turn % 2 ? 'tools/call' : 'tools/list';
  const response = http.get(__ENV.URL, { tags: { tool: 'say "hi"\\ü|' } });
  check(response, { 'is, "fine"': () => true, half: () => turn % 2 === 0 });
  parts.add(0.1 * (turn + 1));
  depth.add(-turn - 1);
  cached.add(turn % 3);
  sizes.add(turn % 2 ? 1e21 : -3.3 * turn, { kind: turn % 2 ? 'odd' : 'even' });
  steps.add(1e-7 * turn);
  const tags = turn % 2 ? { rpc, tool: 'executeSQL' } : { rpc };
  calls.add(1, tags);
  if (turn === 3) {
    failures.add(1, { ...tags, failure: 'rate_limited' });
  } else {
    durations.add(response.timings.duration, tags);
  }
}

export function search() {
  group('find', () => http.get(__ENV.URL, { tags: { name: 'find' } }));
  exec.vu.metrics.metadata.trace = 'a"b}';
  http.get('http://127.0.0.1:1/');
}

export function teardown() {
  http.get(__ENV.URL);
}
