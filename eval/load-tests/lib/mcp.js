/**
 * Load on an MCP server, in one import: `import * as mcp from './lib/mcp.js'`.
 *
 * `options` makes k6's options, `session` gives a client that is always closed, and each call of the client counts.
 */

import exec from 'k6/execution';
import { sleep } from 'k6';
import { choose, filled, names, pool, rpcs, spread } from './calls.js';
import { TREND_STATS, coldStart, countAlso, exceptionThrown, record, sessionEnded, sessionLost, sessionOpened, thresholds } from './metrics.js';
import { positive, scenario, secondsOf, shape, steps } from './profile.js';
import { messageFor } from './reply.js';
import { plainlySucceeded } from './answer.js';
import { headersOf, notify, paramsOf, post, remove, settle } from './request.js';
import { identify } from './token.js';
import { DISCOVER, headersFor, introducing, isStateless, nameIn } from './stateless.js';

export { choose, coldStart, identify, names, pool, positive, rpcs, scenario, secondsOf, shape, spread, steps };

const PROTOCOL_VERSION = __ENV.MCP_PROTOCOL_VERSION || '2025-11-25';
const MAX_PAGES = 50;
const CLIENT = { name: 'mcp-loadtest', version: '1' };
const INITIALIZE = JSON.stringify({ protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: CLIENT });
const STATELESS = isStateless(PROTOCOL_VERSION);
const introduced = introducing(PROTOCOL_VERSION, CLIENT);
// Without sessions there is neither of these, and one rpc does what they do.
const called = (rpc) => (STATELESS && ['initialize', 'ping'].includes(rpc) ? DISCOVER : rpc);

let measured = [];
let isOpeningMeasured = false;
let vu = 0;
let requests = 0;
let turns = 0;
let due = 0;
let hasBegun = false;

/**
 * k6's options for a script: your own, with the figures of each tool and rpc in the summary.
 *
 * `tools` are the names of the tools, resources and prompts that are called, `measured` the rpcs that count as calls.
 */
export function options({ tools = [], measured: counted = ['tools/call'], thresholds: own = {}, ladder = [], ...rest }) {
  isOpeningMeasured = counted.includes('initialize');
  measured = [...new Set(counted.map(called))];
  const limits = {};
  for (const [key, it] of Object.entries(own)) {
    // One for each tool, whichever they are.
    const keys = key.includes('{tool:*}') ? tools.map((tool) => key.replace('*', tool)) : [key];
    for (const metric of keys.map((one) => one.replace(/\{rpc:([^{}]+)\}/, (all, rpc) => `{rpc:${called(rpc)}}`))) {
      limits[metric] = [...(limits[metric] || []), ...it];
    }
  }
  return {
    summaryTrendStats: TREND_STATS,
    systemTags: ['name', 'method', 'status', 'error_code', 'expected_response', 'scenario', 'group'],
    ...rest,
    thresholds: thresholds(limits, measured, tools, ladder),
  };
}

/** The same for a scenario of profiles.json: the shape of SCENARIO or PROFILE, the thresholds of THRESHOLDS or its own. */
export function optionsOf(name, tools = [], more = {}) {
  const it = scenario(name);
  const own = __ENV.THRESHOLDS ? JSON.parse(__ENV.THRESHOLDS) : it.thresholds;
  const scenarios = { [name]: shape(it) };
  if (it.metrics) {
    countAlso(it.metrics);
  }
  return options({ scenarios, thresholds: own, measured: it.measured, tools, ...more });
}

/**
 * Opens a session, gives `work` its client, and closes it whatever happens; an exception of `work` is counted and goes on.
 *
 * A session that cannot be opened counts as a failed `initialize` even where `initialize` is not measured, so that
 * refused sessions stand beside the calls of the others and are never an absence of bad news. Then `work` is not called,
 * and the class of the failure comes back.
 */
export function session(work) {
  const client = new Client();
  try {
    const failure = client.open();
    if (!failure) {
      work(client);
    }
    return failure;
  } catch (error) {
    exceptionThrown();
    throw error;
  } finally {
    client.close();
  }
}

/**
 * A session of `calls` turns, `period` seconds apart; `pick(vu, turn)` names the call of each turn.
 *
 * It ends early once the scenario's time is up, so that it is closed well before k6 would interrupt it. A user whose
 * session is refused lets its turns go by instead of knocking again; one whose session is lost opens another, once, at
 * its next turn.
 */
export function pacedSession(calls, period, pick, tags = () => null) {
  const client = new Client();
  client.chances = 0;
  let chances = 2;
  try {
    for (let turn = 0; turn < calls && client.pace(period); turn += 1) {
      if (!client.isOpen && chances > 0) {
        chances = client.open() ? 0 : chances - 1;
      }
      if (client.isOpen) {
        client.make(pick(userId(), turns), tags());
      }
      turns += 1;
    }
  } catch (error) {
    exceptionThrown();
    throw error;
  } finally {
    client.close();
  }
}

/** tools/list and a sign of life, as entries of a pool. */
export const LIST = { rpc: 'tools/list', name: '', text: '{}', weight: 1, varies: false };
export const PING = { rpc: called('ping'), name: '', text: '{}', weight: 1, varies: false };

/**
 * The options and the iteration of a scenario of profiles.json whose users make calls of its pool at its pace, and those
 * of `more` as often as the average one of the pool.
 */
export function paced(name, more = []) {
  const it = scenario(name);
  const own = it.calls ? pool(it.calls) : [];
  const weight = own.reduce((sum, call) => sum + call.weight, 0) / own.length || 1;
  const calls = [...own, ...more.map((call) => ({ ...call, weight }))];
  const begin = ramp(name);
  const rate = it.target_rps ? positive('TARGET_RPS', 0) : 0;
  const period = rate ? shape(it).vus / rate : it.pace_s;
  return {
    options: optionsOf(name, names(own), { measured: rpcs(calls) }),
    iteration: () => {
      begin();
      pacedSession(it.calls_per_iteration, period, (vu, turn) => choose(calls, vu, turn));
    },
  };
}

/** What a user does before anything else: it waits for its place in the time over which the entry spreads their beginning. */
export function ramp(name) {
  const seconds = (scenario(name).ramp_s || {})[__ENV.PROFILE || 'smoke'] || 0;
  return () => {
    if (seconds && !hasBegun) {
      sleep(spread(userId()) * seconds);
    }
    hasBegun = true;
  };
}

/**
 * A sign of life that a server may refuse by 429 with Retry-After: the seconds to wait then, and 0 where it was answered,
 * which counts like any call. Who has waited may not be refused again: with `hasWaited` that is a failed call.
 */
export function burst(client, hasWaited = false) {
  // Its requests are not all calls, and are told from those that are.
  const tags = { burst: true };
  client.slot(PING.rpc, '', tags).params.tags = { name: 'burst' };
  const done = client.request(PING.rpc, PING.text, '', tags, '');
  const { response } = done;
  const wait = !hasWaited && response.status === 429 && response.headers['Retry-After'];
  if (wait) {
    return Number(wait) || Math.max(1, Math.ceil((Date.parse(wait) - Date.now()) / 1000)) || 1;
  }
  record({ rpc: PING.rpc }, done.duration, done.failure);
  return 0;
}

/** A client whose session is open, for who closes it; null where it was refused, which has been counted. */
export function connect() {
  const client = new Client();
  return client.open() ? null : client;
}

class Client {
  constructor() {
    this.id = null;
    this.isOpen = false;
    this.slots = new Map();
    this.responses = [];
    // A session that was lost is opened once again.
    this.chances = 1;
  }

  /** initialize and notifications/initialized, or server/discover where that is measured; the class of the failure, or null. */
  open() {
    this.slots = new Map();
    if (STATELESS) {
      return this.discover();
    }
    this.headers = headersOf();
    const done = this.request('initialize', INITIALIZE);
    const { response, duration, id } = done;
    const given = (done.first || response).headers['Mcp-Session-Id'];
    if (given) {
      this.id = given;
      sessionOpened();
    }
    const message = done.failure ? null : messageFor(id, response.body);
    const protocol = message && message.result.protocolVersion;
    const refusal = done.failure || (protocol ? null : 'protocol_error');
    if (refusal || isOpeningMeasured) {
      record({ rpc: 'initialize' }, duration, refusal);
    }
    this.headers = headersOf(this.id, protocol);
    if (refusal) {
      this.close();
      return refusal;
    }
    this.isOpen = true;
    const ready = notify('notifications/initialized', this.slot('notifications/initialized').params);
    this.responses.push(ready);
    return null;
  }

  // There is nothing to open: what it is asked for is how long that takes.
  discover() {
    this.headers = headersOf(null, PROTOCOL_VERSION);
    if (isOpeningMeasured) {
      const done = this.request(DISCOVER, '{}');
      const message = done.failure ? null : messageFor(done.id, done.response.body);
      const speaks = message && (message.result.supportedVersions || []).includes(PROTOCOL_VERSION);
      const failure = done.failure || (speaks ? null : 'protocol_error');
      record(done.slot.tags, done.duration, failure);
      if (failure) {
        return failure;
      }
    }
    this.isOpen = true;
    return null;
  }

  /** Milliseconds that its requests took so far, connections included; of the first dozen of them. */
  get spent() {
    const took = ({ timings: it }) => it.blocked + it.connecting + it.tls_handshaking + it.duration;
    return this.responses.reduce((sum, it) => sum + took(it), 0);
  }

  /** tools/call; `arguments` is {} where it is left out. */
  callTool({ name, arguments: given = {} }) {
    return this.measure('tools/call', JSON.stringify({ name, arguments: given }), name);
  }

  /** tools/list, every page of it; `result()` is the list of tools. */
  listAllTools() {
    let cursor = null;
    const tools = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const done = this.measure('tools/list', JSON.stringify(cursor ? { cursor } : {}));
      if (done.failure) {
        return done;
      }
      tools.push(done);
      cursor = done.body().includes('"nextCursor"') ? (done.result() || {}).nextCursor : null;
      if (!cursor) {
        break;
      }
    }
    return { failure: null, result: () => tools.flatMap((it) => (it.result() || {}).tools || []) };
  }

  /** resources/read. */
  readResource({ uri }) {
    return this.measure('resources/read', JSON.stringify({ uri }), uri);
  }

  /** prompts/get; `arguments` is {} where it is left out. */
  getPrompt({ name, arguments: given = {} }) {
    return this.measure('prompts/get', JSON.stringify({ name, arguments: given }), name);
  }

  /** Something small: ping, or server/discover where there is no ping. */
  ping() {
    return this.measure(called('ping'), '{}');
  }

  /** One entry of a pool. */
  make({ rpc, name, text, varies }, more) {
    if (!varies) {
      return this.measure(rpc, text, name, more);
    }
    const params = filled(text, userId(), userId() * 1000000 + requests);
    return this.measure(rpc, params, name, more, STATELESS ? nameIn(params) : name);
  }

  /**
   * Waits until the next turn of this user, `period` seconds after the one before; false once the scenario's time is up.
   *
   * A user that is late goes on at once and does not make up for turns it missed: a slow server is asked less, and that
   * shows as less offered load rather than as a burst.
   */
  pace(period) {
    const now = Date.now() / 1000;
    due = due ? Math.max(due + period, now) : now + spread(userId()) * period;
    sleep(Math.max(0, due - now));
    return exec.scenario.progress < 1;
  }

  /** DELETE, for a server that gave a session. */
  close() {
    if (this.id) {
      sessionEnded(remove(this.slot('delete').params));
    }
    this.id = null;
    this.isOpen = false;
  }

  // `about` is the name in full where the tag has one that stands for many.
  measure(rpc, text, tool, more, about = tool) {
    if (!this.isOpen && this.chances > 0) {
      this.chances -= 1;
      this.open();
    }
    if (!this.isOpen) {
      return new Answered({ failure: 'session_lost' });
    }
    const done = this.request(rpc, text, tool, more, about);
    if (done.slot.counts) {
      record(done.slot.tags, done.duration, done.failure);
    }
    return new Answered(done);
  }

  request(rpc, text, tool, more, about) {
    requests += 1;
    const id = userId() * 1000000 + requests;
    const slot = this.slot(rpc, tool, more);
    const params = about === tool || !STATELESS ? slot.params : paramsOf({ ...slot.params.headers, ...headersFor(rpc, about) }, slot.tags);
    const response = post(id, rpc, STATELESS ? introduced(text) : text, params);
    if (this.responses.length < 12) {
      this.responses.push(response);
    }
    if (response.status === 200 && plainlySucceeded(id, response.body || '')) {
      return { failure: null, response, duration: response.timings.duration, id, slot };
    }
    const done = settle(response, id, slot.params, Boolean(this.id));
    if (done.failure === 'session_lost') {
      // It has ended without us.
      if (this.id) {
        sessionLost();
      }
      this.id = null;
      this.isOpen = false;
    }
    return { ...done, id, slot };
  }

  // One object for all requests of a kind in a session: k6 takes as long for a new one as for a check.
  slot(rpc, tool = '', more = null) {
    let slots = this.slots.get(rpc);
    if (!slots) {
      slots = new Map();
      this.slots.set(rpc, slots);
    }
    const key = more ? `${JSON.stringify(more)} ${tool}` : tool;
    let slot = slots.get(key);
    if (!slot) {
      const tags = tool ? { rpc, tool, ...more } : { rpc };
      const headers = STATELESS ? { ...this.headers, ...headersFor(rpc, tool) } : this.headers;
      slot = { tags, params: paramsOf(headers, tags), counts: measured.includes(rpc) };
      slots.set(key, slot);
    }
    return slot;
  }
}

/** How a call was answered; its result is parsed where somebody asks for it. */
class Answered {
  /** @param {{ failure: string | null, response?: any, id?: number }} done */
  constructor({ failure, response, id }) {
    this.failure = failure;
    this.response = response;
    this.id = id;
  }

  body() {
    return (this.response && this.response.body) || '';
  }

  /** Null where the answer has none. */
  result() {
    const message = messageFor(this.id, this.body());
    return (message && message.result) || null;
  }
}

function userId() {
  vu = vu || exec.vu.idInTest;
  return vu;
}
