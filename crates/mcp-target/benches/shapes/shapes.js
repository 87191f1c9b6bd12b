// The load of an OAuth and MCP suite in its full shape, one scenario a run: SCENARIO names it, SCALE shortens its time.
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import http from 'k6/http';
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';

const { ORIGIN, EMAIL, PASSWORD, SCENARIO, USERS } = __ENV;
const scale = Number(__ENV.SCALE);
const minutes = number => `${Math.max(2, Math.round(number * 60 * scale))}s`;

const measured = new Trend('measured', true);
const errors = new Counter('errors');
const succeeded = new Rate('succeeded');
const connecting = new Trend('connecting', true);

const ramp = (executor, more, stages) => ({
  executor,
  ...more,
  stages: stages.map(([target, time]) => ({ target, duration: minutes(time) })),
});

const scenarios = {
  authorization: {
    executor: 'constant-arrival-rate', rate: 50, timeUnit: '1s', duration: minutes(5), preAllocatedVUs: 100, maxVUs: 200,
  },
  refresh: ramp('ramping-arrival-rate', { startRate: 0, timeUnit: '1s', preAllocatedVUs: 50, maxVUs: 600 },
    [[100, 2], [500, 5], [0, 2]]),
  sessions: { executor: 'per-vu-iterations', vus: 1000, iterations: 10, maxDuration: '10m' },
  tools: ramp('ramping-vus', { startVUs: 1, gracefulRampDown: '5s' }, [[50, 2], [100, 5], [200, 2], [200, 5], [0, 2]]),
  websockets: { executor: 'per-vu-iterations', vus: 1000, iterations: 1, maxDuration: '20m' },
};

export const options = {
  scenarios: { [SCENARIO]: { ...scenarios[SCENARIO], exec: SCENARIO } },
  summaryTrendStats: ['count', 'med', 'p(95)', 'p(99)', 'max'],
  discardResponseBodies: false,
};

const REDIRECT_URI = 'http://127.0.0.1:4711/callback';
const RESOURCE = `${ORIGIN}/mcp`;
const manual = { redirects: 0 };
const random = length => encoding.b64encode(crypto.randomBytes(length), 'rawurl');

export function setup() {
  const client = http.post(`${ORIGIN}/register`, JSON.stringify({
    client_name: 'shapes', redirect_uris: [REDIRECT_URI], application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
  }), { headers: { 'Content-Type': 'application/json' } });
  return { client: client.json('client_id') };
}

function email() {
  const number = 1 + (exec.vu.idInTest - 1) % Number(USERS);
  return number === 1 ? EMAIL : EMAIL.replace('@', `+${number}@`);
}

function count(response, status) {
  const good = response.status === status;
  succeeded.add(good);
  if (!good) errors.add(1);
  return response.timings.duration;
}

/** Signs in, consents, exchanges the code: the tokens, and how long its requests took in all. */
function authorize(client) {
  const verifier = random(32);
  const challenge = encoding.b64encode(crypto.sha256(verifier, 'binary'), 'rawurl');
  const parameters = {
    response_type: 'code', client_id: client, redirect_uri: REDIRECT_URI, state: random(16),
    scope: 'mcp:read offline_access', resource: RESOURCE, code_challenge: challenge, code_challenge_method: 'S256',
  };
  const query = Object.entries(parameters).map(([name, it]) => `${name}=${encodeURIComponent(it)}`).join('&');
  const begun = http.get(`${ORIGIN}/authorize?${query}`, { ...manual, tags: { name: 'authorize' } });
  let time = count(begun, 303);
  const request = begun.headers.Location.split('request=')[1];
  const login = http.post(`${ORIGIN}/login`, { request, email: email(), password: PASSWORD }, manual);
  time += count(login, 303);
  time += count(http.get(`${ORIGIN}/consent?request=${request}`, { ...manual, tags: { name: 'consent' } }), 200);
  const decided = http.post(`${ORIGIN}/consent`, { request, decision: 'approve' }, manual);
  time += count(decided, 303);
  const code = decided.headers.Location.split('code=')[1].split('&')[0];
  const token = http.post(`${ORIGIN}/token`, {
    grant_type: 'authorization_code', client_id: client, code, code_verifier: verifier, redirect_uri: REDIRECT_URI,
    resource: RESOURCE,
  });
  time += count(token, 200);
  return { tokens: token.json(), time };
}

export function authorization({ client }) {
  measured.add(authorize(client).time);
}

let tokens;
let session;

export function refresh({ client }) {
  tokens ??= authorize(client).tokens;
  const answer = http.post(`${ORIGIN}/token`, {
    grant_type: 'refresh_token', client_id: client, refresh_token: tokens.refresh_token, resource: RESOURCE,
  });
  measured.add(count(answer, 200));
  tokens = answer.status === 200 ? answer.json() : undefined;
}

function ask(method, params, id) {
  const headers = {
    Authorization: `Bearer ${tokens.access_token}`, 'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': '2025-11-25',
    ...(session && { 'Mcp-Session-Id': session }),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
  return http.post(RESOURCE, body, { headers, tags: { rpc: method } });
}

function open(client) {
  tokens ??= authorize(client).tokens;
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'shapes', version: '1' } };
  const opened = ask('initialize', params, 0);
  count(opened, 200);
  session = opened.headers['Mcp-Session-Id'];
  ask('notifications/initialized', {}, undefined);
}

function close() {
  const headers = { Authorization: `Bearer ${tokens.access_token}`, 'Mcp-Session-Id': session };
  http.del(RESOURCE, null, { headers });
}

// A thousand that begin in the same instant would measure how many fit into it.
export function sessions({ client }) {
  if (!session) {
    sleep(Math.random() * 20);
    open(client);
  }
  sleep(0.5 + Math.random());
  measured.add(count(ask('ping', {}, 1 + exec.vu.iterationInInstance), 200));
  if (exec.vu.iterationInInstance === 9) close();
}

const calls = [
  ['executeSQL', { sql: 'SELECT status, count(*) FROM orders GROUP BY status' }], ['listEntities', {}],
  ['describeEntity', { name: 'orders' }], ['runMetric', { id: 'aov' }], ['echo', { text: 'hello' }],
];

export function tools({ client }) {
  if (!session) open(client);
  const id = 1 + exec.vu.iterationInInstance;
  const [name, args] = calls[id % calls.length];
  const answer = ask('tools/call', { name, arguments: args }, id);
  const failed = answer.status !== 200 || answer.body.includes('"isError":true');
  succeeded.add(!failed);
  if (failed) errors.add(1);
  measured.add(answer.timings.duration);
  sleep(0.5 + Math.random());
}

export function websockets({ client }) {
  sleep(Math.random() * 20);
  tokens ??= authorize(client).tokens;
  const begun = Date.now();
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const socket = new WebSocket(`${ORIGIN.replace('http', 'ws')}/mcp/ws`, null, { headers });
  let asked, timer;
  let closing = false;
  const say = message => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const call = () => {
    asked = Date.now();
    say({ id: asked, method: 'tools/call', params: { name: 'echo', arguments: { text: 'hello' } } });
  };
  socket.onopen = () => {
    connecting.add(Date.now() - begun);
    say({ id: 0, method: 'initialize', params: {
      protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'shapes', version: '1' } } });
    setTimeout(() => {
      clearInterval(timer);
      closing = true;
      socket.close();
    }, 600000 * scale);
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.id === 0) {
      say({ method: 'notifications/initialized' });
      timer = setInterval(call, 1000 + Math.random() * 500);
    } else if (message.id !== undefined) {
      const good = message.result !== undefined && !message.result.isError;
      succeeded.add(good);
      if (!good) errors.add(1);
      measured.add(Date.now() - asked);
    }
  };
  socket.onclose = () => {
    // Held until this side had enough of it.
    succeeded.add(closing);
    if (!closing) errors.add(1);
  };
}
