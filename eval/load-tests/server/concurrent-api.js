// How many users the server bears who ask for different things: tool calls, the list of tools, and a sign of life.

import * as mcp from '../lib/mcp.js';

const load = mcp.paced('concurrent-api', [mcp.LIST, mcp.PING]);

export const options = load.options;
export default load.iteration;
