// All of it at once: users get a token, open a session, call tools, renew the token, call on, and close.

import * as mcp from '../lib/mcp.js';
import { authorize, refresh } from '../lib/oauth.js';

const it = mcp.scenario('end-to-end');
const begin = mcp.ramp('end-to-end');
const calls = mcp.pool(it.calls);

export const options = mcp.optionsOf('end-to-end', mcp.names(calls), {
  measured: ['authorization_code', 'initialize', ...mcp.rpcs(calls), 'refresh_token'],
});

export default function () {
  begin();
  let { tokens } = authorize();
  if (!tokens) {
    return;
  }
  mcp.identify(tokens.access_token);
  mcp.session((client) => {
    for (let turn = 0; turn < it.calls_per_iteration && client.pace(it.pace_s); turn += 1) {
      if (turn === Math.floor(it.calls_per_iteration / 2) && tokens.refresh_token) {
        tokens = refresh(tokens).tokens || tokens;
        mcp.identify(tokens.access_token);
      }
      client.make(mcp.choose(calls, __VU, __ITER * it.calls_per_iteration + turn));
    }
  });
}
