// How the tools bear more and more users: a ramp of VUs, each with a session and one call a second, every tool in turn.

import * as mcp from '../lib/mcp.js';

const load = mcp.paced('tool-execution');

export const options = load.options;
export default load.iteration;
