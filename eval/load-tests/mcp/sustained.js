// Whether a server stays as it is: the mix of tools for a day, with a token that is renewed.

import * as mcp from '../lib/mcp.js';

const load = mcp.paced('sustained');

export const options = load.options;
export default load.iteration;
