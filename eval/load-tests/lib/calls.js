const GOLDEN_RATIO = 0.6180339887498949;

/** The rpc of each kind of call. */
const RPC = { tool: 'tools/call', resource: 'resources/read', prompt: 'prompts/get' };

/** The calls to make: those of CALLS_FILE where it is set, else `fallback`, each with its parameters as JSON text. */
export function pool(fallback) {
  const source = __ENV.CALLS_FILE || 'profiles.json';
  const calls = __ENV.CALLS_FILE ? JSON.parse(open(__ENV.CALLS_FILE)) : fallback;
  if (!Array.isArray(calls) || calls.length === 0) {
    throw new Error(`${source} must hold a list of calls, such as [{"tool": "echo", "arguments": {}, "weight": 1}]`);
  }
  return calls.map((it, index) => entry(it, `call ${index + 1} of ${source}`));
}

/** The names of the tools, resources and prompts in the pool, each once. */
export function names(calls) {
  return [...new Set(calls.map((it) => it.name))];
}

/** The rpcs that the pool makes, each once. */
export function rpcs(calls) {
  return [...new Set(calls.map((it) => it.rpc))];
}

/**
 * The call that falls to turn `turn` of VU `vu`.
 *
 * Steps of the golden ratio visit the weights evenly, so that the mix has its proportions from the first dozen calls
 * on and is the same in every run, which random numbers are not.
 */
export function choose(calls, vu, turn) {
  const total = calls.reduce((sum, it) => sum + it.weight, 0);
  let left = fraction(vu * GOLDEN_RATIO * GOLDEN_RATIO + turn * GOLDEN_RATIO) * total;
  return calls.find((it) => (left -= it.weight) < 0) || calls[calls.length - 1];
}

/** A share between 0 and 1 for each VU, spread evenly however many VUs there are. */
export function spread(vu) {
  return fraction(vu * GOLDEN_RATIO);
}

/** The parameters of a call as JSON text, with {{seq}} a number of its own for each call and {{vu}} that of the user. */
export function filled(text, vu, seq) {
  return text.replace(/\{\{seq\}\}/g, seq).replace(/\{\{vu\}\}/g, vu);
}

function fraction(number) {
  return number - Math.floor(number);
}

function entry({ tool, resource, prompt, arguments: given = {}, weight = 1 }, place) {
  const kinds = Object.entries({ tool, resource, prompt }).filter(([, it]) => it !== undefined);
  if (kinds.length !== 1) {
    throw new Error(`${place}: it must have one of "tool", "resource" and "prompt"`);
  }
  const [kind, name] = kinds[0];
  // k6 splits the selector of a threshold at commas and braces and trims quotes.
  if (typeof name !== 'string' || !/^[^\s,{}"'`]+$/.test(name.replace(/\{\{(seq|vu)\}\}/g, ''))) {
    throw new Error(`${place}: "${kind}" must be a name without blanks, quotes, commas and braces`);
  }
  if (!(weight > 0)) {
    throw new Error(`${place}: "weight" must be a number above 0`);
  }
  const params = kind === 'resource' ? { uri: name } : { name, arguments: given };
  const text = JSON.stringify(params);
  // A tag for each filled name would be a time series for each call.
  return { rpc: RPC[kind], name: name.replace(/[{}]/g, ''), weight, text, varies: /\{\{(seq|vu)\}\}/.test(text) };
}
