// How many event streams the server holds open, how fast one begins, and how fast it ends with its session.

import exec from 'k6/execution';
import * as mcp from '../lib/mcp.js';
import { holdStream } from '../lib/stream.js';

const it = mcp.scenario('event-streams');
const begin = mcp.ramp('event-streams');
const seconds = mcp.secondsOf(mcp.shape(it).duration);

export const options = mcp.optionsOf('event-streams');

export default async function () {
  begin();
  const client = mcp.connect();
  if (client) {
    await holdStream(client, seconds - (Date.now() - exec.scenario.startTime) / 1000);
  }
}
