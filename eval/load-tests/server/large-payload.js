// What an answer of a megabyte costs: few VUs, each with a session and one such call a second.

import * as mcp from '../lib/mcp.js';

const load = mcp.paced('large-payload');

export const options = load.options;
export default load.iteration;
