// Whether a server that limits its clients says so: as many requests as one user can make, until 429 with Retry-After.
//
// A target of its own, of which the limit is known, has to throttle; any other is left alone at its first 429.

import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import * as mcp from '../lib/mcp.js';

const it = mcp.scenario('rate-limit-burst');
const isOwn = __ENV.OWN_TARGET === 'true';
const THROTTLED_ENOUGH = isOwn ? 20 : 1;
const LONGEST_WAIT_S = 60;

const throttled = new Counter('mcp_throttled');
const own = mcp.optionsOf('rate-limit-burst', [], { measured: [mcp.PING.rpc] });

export const options = {
  ...own,
  thresholds: { ...own.thresholds, mcp_throttled: [isOwn ? 'count>0' : 'count>=0'] },
};

export default function () {
  mcp.session((client) => {
    let wait = 0;
    let found = 0;
    for (let turn = 0; turn < it.calls_per_iteration && found < THROTTLED_ENOUGH; turn += 1) {
      const seconds = mcp.burst(client);
      if (seconds) {
        throttled.add(1);
        found += 1;
        wait = Math.max(wait, seconds);
      }
    }
    if (wait && wait <= LONGEST_WAIT_S) {
      sleep(wait);
      // Who waits as long as it was told is served again.
      mcp.burst(client, true);
    }
  });
}
