// How fast a user who is signed in and has consented gets a token: an authorization request with PKCE, its code, the exchange.

import * as mcp from '../lib/mcp.js';
import { authorize } from '../lib/oauth.js';

export const options = mcp.optionsOf('authorization-flow');

export default function () {
  authorize();
}
