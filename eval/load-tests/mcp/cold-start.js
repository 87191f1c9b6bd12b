// What a client pays before its first call: a new connection, initialize and tools/list on a new session.

import exec from 'k6/execution';
import { sleep } from 'k6';
import * as mcp from '../lib/mcp.js';

const it = mcp.scenario('cold-start');

export const options = mcp.optionsOf('cold-start', [], { noVUConnectionReuse: true });

export default function () {
  if (exec.vu.iterationInInstance === 0) {
    sleep(mcp.spread(exec.vu.idInTest) * it.pause_s);
  }
  mcp.session((client) => {
    if (!client.listAllTools().failure) {
      mcp.coldStart(client.spent);
    }
  });
  sleep(it.pause_s);
}
