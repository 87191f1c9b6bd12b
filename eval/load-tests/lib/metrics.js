import { Counter, Rate, Trend } from 'k6/metrics';
import { FAILURES } from './answer.js';

const calls = new Counter('mcp_calls');
const durations = new Trend('mcp_call_duration', true);
const failures = new Counter('mcp_call_failures');
const sessions = new Counter('mcp_sessions');
const exceptions = new Counter('mcp_exceptions');
const coldStarts = new Trend('mcp_cold_start_duration', true);

export const TREND_STATS = ['avg', 'min', 'med', 'max', 'p(50)', 'p(90)', 'p(95)', 'p(99)', 'count'];

/** What becomes of a session: `opened`, `closed`, `lost` by the server, or `left`, where its DELETE was not taken. */
const SESSION_EVENTS = ['opened', 'closed', 'lost', 'left'].map((event) => ({ event }));
const [OPENED, CLOSED, LOST, LEFT] = SESSION_EVENTS;

let also = null;

/** Counts all calls under the names of a suite as well: `SUITE_errors`, `SUITE_success_rate`, and `duration` if it is given. */
export function countAlso({ suite, duration }) {
  also = {
    errors: new Counter(`${suite}_errors`),
    successes: new Rate(`${suite}_success_rate`),
    durations: duration ? new Trend(duration, true) : null,
  };
}

/** Counts one measured call; only a successful one has a latency, since a refusal is often the fastest answer. */
export function record(tags, duration, failure) {
  calls.add(1, tags);
  if (failure) {
    failures.add(1, { ...tags, failure });
  } else {
    durations.add(duration, tags);
  }
  if (also) {
    also.successes.add(!failure);
    if (failure) {
      also.errors.add(1);
    } else if (also.durations) {
      also.durations.add(duration, tags);
    }
  }
}

export function sessionOpened() {
  sessions.add(1, OPENED);
}

export function sessionEnded(isClosed) {
  sessions.add(1, isClosed ? CLOSED : LEFT);
}

export function sessionLost() {
  sessions.add(1, LOST);
}

export function exceptionThrown() {
  exceptions.add(1);
}

/** From opening the connection to the answered list, in milliseconds. */
export function coldStart(duration) {
  coldStarts.add(duration);
}

/**
 * The scenario's own thresholds, and beside them some that never fail: k6 writes figures of a tag into its summary
 * only where a threshold names it.
 */
export function thresholds(own, measured, tools, steps = []) {
  const all = {};
  const slices = [
    ...measured.map((it) => `rpc:${it}`),
    ...tools.map((it) => `tool:${it}`),
    ...steps.map((it) => `step:${it}`),
  ];
  for (const slice of slices) {
    all[`mcp_calls{${slice}}`] = ['count>=0'];
    all[`mcp_call_duration{${slice}}`] = ['max>=0'];
    all[`mcp_call_failures{${slice}}`] = ['count>=0'];
  }
  for (const failure of FAILURES) {
    all[`mcp_call_failures{failure:${failure}}`] = ['count>=0'];
  }
  for (const { event } of SESSION_EVENTS) {
    all[`mcp_sessions{event:${event}}`] = ['count>=0'];
  }
  for (const rpc of new Set(['initialize', 'delete', ...measured])) {
    all[`http_reqs{rpc:${rpc}}`] = ['count>=0'];
  }
  return { ...all, ...own };
}
