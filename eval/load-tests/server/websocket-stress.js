// How many WebSockets the server holds, how fast it takes them, and how fast a call on one comes back.

import exec from 'k6/execution';
import * as mcp from '../lib/mcp.js';
import { hold } from '../lib/websocket.js';

const it = mcp.scenario('websocket-stress');
const begin = mcp.ramp('websocket-stress');
const calls = mcp.pool(it.calls);
const seconds = mcp.secondsOf(mcp.shape(it).duration);

export const options = mcp.optionsOf('websocket-stress', mcp.names(calls), { measured: mcp.rpcs(calls) });

export default function () {
  begin();
  let turn = 0;
  const left = seconds - (Date.now() - exec.scenario.startTime) / 1000;
  hold(left, it.pace_s, () => mcp.choose(calls, exec.vu.idInTest, turn++));
}
