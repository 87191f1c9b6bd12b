// How fast the tools answer in the proportions of real use: one call a VU a second, or TARGET_RPS in all.

import { choose, pool, tools } from '../lib/calls.js';
import { optionsFor } from '../lib/options.js';
import { pacedSession } from '../lib/paced.js';
import { positive, scenario, shape } from '../lib/profile.js';

const it = scenario('tool-call-mix');
const calls = pool(it.calls);
const rate = positive('TARGET_RPS', 0);
const period = rate ? shape(it).vus / rate : it.pace_s;

export const options = optionsFor('tool-call-mix', it, tools(calls));

export default function () {
  pacedSession(it.measured, it.calls_per_iteration, period, (vu, turn) => choose(calls, vu, turn));
}
