// How fast the tools answer in the proportions of real use: one call a VU a second, or TARGET_RPS in all.

import * as mcp from '../lib/mcp.js';

const it = mcp.scenario('tool-call-mix');
const calls = mcp.pool(it.calls);
const rate = mcp.positive('TARGET_RPS', 0);
const period = rate ? mcp.shape(it).vus / rate : it.pace_s;

export const options = mcp.optionsOf('tool-call-mix', mcp.names(calls), { measured: mcp.rpcs(calls) });

export default function () {
  mcp.pacedSession(it.calls_per_iteration, period, (vu, turn) => mcp.choose(calls, vu, turn));
}
