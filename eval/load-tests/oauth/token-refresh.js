// How fast tokens are renewed: each VU has a grant of its own, whose refresh token may change with every use.

import * as mcp from '../lib/mcp.js';
import { authorize, refresh } from '../lib/oauth.js';

export const options = mcp.optionsOf('token-refresh');

let tokens = null;

export default function () {
  tokens = tokens || authorize(false).tokens;
  if (tokens) {
    // A grant that is lost is not asked for again; the next iteration gets another.
    tokens = refresh(tokens).tokens;
  }
}
