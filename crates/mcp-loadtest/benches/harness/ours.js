// One tool in a closed loop through the library.
import * as mcp from '../../../../eval/load-tests/lib/mcp.js';

const [call] = mcp.pool([{ tool: 'echo', arguments: { text: 'hello' } }]);

export const options = mcp.options({
  scenarios: { loop: { executor: 'constant-vus', vus: 4, duration: `${__ENV.SECONDS || 5}s` } },
  tools: mcp.names([call]),
});

export default function () {
  mcp.session((client) => {
    for (let turn = 0; turn < 200; turn += 1) {
      client.make(call);
    }
  });
}
