// What a client pays before its first call: initialize and tools/list on a new session.

import exec from 'k6/execution';
import { sleep } from 'k6';
import { spread } from '../lib/calls.js';
import { optionsFor } from '../lib/options.js';
import { scenario } from '../lib/profile.js';
import { close, listTools, open, session } from '../lib/session.js';

const it = scenario('cold-start');

export const options = optionsFor('cold-start', it);

export default function () {
  if (exec.vu.iterationInInstance === 0) {
    sleep(spread(exec.vu.idInTest) * it.pause_s);
  }
  const mine = session(it.measured);
  if (!open(mine)) {
    listTools(mine);
  }
  close(mine);
  sleep(it.pause_s);
}
