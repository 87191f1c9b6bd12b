import { Counter, Trend } from 'k6/metrics';
import { FAILURES } from './failure.js';

const calls = new Counter('mcp_calls');
const durations = new Trend('mcp_call_duration', true);
const failures = new Counter('mcp_call_failures');

export const TREND_STATS = ['avg', 'min', 'med', 'max', 'p(50)', 'p(90)', 'p(95)', 'p(99)', 'count'];

/** Counts one measured call; only a successful one has a latency, since a refusal is often the fastest answer. */
export function record(tags, response, failure) {
  calls.add(1, tags);
  if (failure) {
    failures.add(1, { ...tags, failure });
  } else {
    durations.add(response.timings.duration, tags);
  }
}

/**
 * The scenario's own thresholds, and beside them some that never fail: k6 writes figures of a tag into its summary
 * only where a threshold names it.
 */
export function thresholds(own, measured, tools) {
  const all = {};
  for (const slice of [...measured.map((it) => `rpc:${it}`), ...tools.map((it) => `tool:${it}`)]) {
    all[`mcp_calls{${slice}}`] = ['count>=0'];
    all[`mcp_call_duration{${slice}}`] = ['max>=0'];
    all[`mcp_call_failures{${slice}}`] = ['count>=0'];
  }
  for (const failure of FAILURES) {
    all[`mcp_call_failures{failure:${failure}}`] = ['count>=0'];
  }
  for (const rpc of new Set(['initialize', 'delete', ...measured])) {
    all[`http_reqs{rpc:${rpc}}`] = ['count>=0'];
  }
  return { ...all, ...own };
}
