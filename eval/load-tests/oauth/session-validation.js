// How fast a session of one's own is found again: each VU has a token and a session, and asks for a sign of life.

import * as mcp from '../lib/mcp.js';
import { authorize } from '../lib/oauth.js';

const load = mcp.paced('session-validation', [mcp.PING]);
const begin = mcp.ramp('session-validation');

export const options = load.options;

export default function () {
  begin();
  const { tokens } = authorize(false);
  if (tokens) {
    mcp.identify(tokens.access_token);
    load.iteration();
  }
}
