// How fast the tools answer in the proportions of real use: one call a VU a second, or TARGET_RPS in all.

import * as mcp from '../lib/mcp.js';

const load = mcp.paced('tool-call-mix');

export const options = load.options;
export default load.iteration;
