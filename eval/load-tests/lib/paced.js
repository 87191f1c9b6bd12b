import exec from 'k6/execution';
import { sleep } from 'k6';
import { spread } from './calls.js';
import { call, close, open, session } from './session.js';

let due = 0;
let turns = 0;

/**
 * One session: `calls` turns, `period` seconds apart, then DELETE; `pick(vu, turn)` names the call of each turn.
 *
 * It ends early once the scenario's time is up, so that the session is closed well before k6 would interrupt it. A VU
 * whose session is refused lets its turns go by instead of knocking again; one whose session is lost opens another,
 * once, at its next turn.
 */
export function pacedSession(measured, calls, period, pick) {
  const it = session(measured);
  let chances = 2;
  for (let turn = 0; turn < calls && waitForTurn(period); turn += 1) {
    if (!it.isOpen && chances > 0) {
      chances = open(it) ? 0 : chances - 1;
    }
    if (it.isOpen) {
      call(it, pick(exec.vu.idInTest, turns));
    }
    turns += 1;
  }
  close(it);
}

// A VU that is late goes on at once and does not make up for turns it missed: a slow server is asked less, and that
// shows as less offered load rather than as a burst.
function waitForTurn(period) {
  const now = Date.now() / 1000;
  due = due ? Math.max(due + period, now) : now + spread(exec.vu.idInTest) * period;
  sleep(Math.max(0, due - now));
  return exec.scenario.progress < 1;
}
