/** The event stream that a client may hold open with GET, for what a server has to say unasked. */

import http from 'k6/http';
import { Trend } from 'k6/metrics';
import { setTimeout } from 'k6/timers';
import { failureOf, saidOf } from './answer.js';
import { record } from './metrics.js';
import { paramsOf, tell, url } from './request.js';

const TAGS = { rpc: 'GET' };
/** How long a server has to end the stream of a session that was deleted, in milliseconds. */
const ENDING_MS = 10000;
/** How long to wait before a stream that the server ended is opened again, in milliseconds. */
const PAUSE_MS = 1000;

const closings = new Trend('mcp_stream_close_duration', true);

/**
 * Holds a stream of the client's session for `seconds`, ends the session, and waits for the stream to end.
 *
 * It counts with the time to its first byte: k6 tells no event from another. From the DELETE to the end of the stream is
 * `mcp_stream_close_duration`. A stream that the server ends before is opened again.
 */
export async function holdStream(client, seconds) {
  const until = Date.now() + seconds * 1000;
  const isSession = Boolean(client.id);
  while (Date.now() < until) {
    const left = until - Date.now();
    const stream = open(client, left + (isSession ? ENDING_MS : 0));
    const early = await Promise.race([stream, later(left)]);
    if (early) {
      count(early, isSession);
      if (early.status !== 200) {
        break;
      }
      await later(Math.min(PAUSE_MS, Math.max(0, until - Date.now())));
      continue;
    }
    const asked = Date.now();
    client.close();
    const ended = await stream;
    count(ended, isSession);
    if (isSession && ended.status === 200) {
      closings.add(Date.now() - asked);
    }
  }
  client.close();
}

function open(client, timeout) {
  const headers = { ...client.headers, Accept: 'text/event-stream' };
  return http.asyncRequest('GET', url, null, { ...paramsOf(headers, TAGS), timeout, responseCallback: null, responseType: 'text' });
}

// Without a session nothing but our own patience ends a stream, for which k6 has the status 0.
function count(response, isSession) {
  const { status, timings } = response;
  const hasBegun = status === 200 || (!isSession && status === 0 && timings.waiting > 0);
  const failure = hasBegun ? null : failureOf(response, 0, isSession) || 'protocol_error';
  record(TAGS, response.timings.waiting, failure);
  if (failure) {
    tell(failure, response, saidOf(response, 0));
  }
}

function later(ms) {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
