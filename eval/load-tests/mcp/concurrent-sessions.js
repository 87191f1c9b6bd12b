// How many sessions the server bears at once: a ladder of VUs, each with a session and the same call once a second.

import { pool, tools } from '../lib/calls.js';
import { optionsFor } from '../lib/options.js';
import { pacedSession } from '../lib/paced.js';
import { scenario } from '../lib/profile.js';

const it = scenario('concurrent-sessions');
const [entry] = pool(it.calls);

export const options = optionsFor('concurrent-sessions', it, tools([entry]));

export default function () {
  pacedSession(it.measured, it.calls_per_iteration, it.pace_s, () => entry);
}
