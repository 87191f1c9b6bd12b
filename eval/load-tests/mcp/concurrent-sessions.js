// How many sessions the server bears at once: a ladder of VUs, each with a session and the same call once a second.

import exec from 'k6/execution';
import * as mcp from '../lib/mcp.js';

const it = mcp.scenario('concurrent-sessions');
const [entry] = mcp.pool(it.calls);
const ladder = mcp.steps(mcp.shape(it));

export const options = mcp.optionsOf('concurrent-sessions', mcp.names([entry]), {
  measured: mcp.rpcs([entry]),
  ladder: ladder.all,
});

export default function () {
  const step = () => {
    const vus = ladder.at((Date.now() - exec.scenario.startTime) / 1000);
    return vus && { step: vus };
  };
  mcp.pacedSession(it.calls_per_iteration, it.pace_s, () => entry, step);
}
