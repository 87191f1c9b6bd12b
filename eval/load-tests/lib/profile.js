/** The entry of profiles.json with this name; a script outside this folder has none and asks for none. */
export function scenario(name) {
  const profiles = JSON.parse(open(import.meta.resolve('../profiles.json')));
  const found = profiles.scenarios[name];
  if (!found) {
    throw new Error(`profiles.json has no scenario ${name}; it has ${Object.keys(profiles.scenarios).join(', ')}`);
  }
  return found;
}

/** The k6 scenario object of SCENARIO, or else the one that PROFILE names, `smoke` by default. */
export function shape(it) {
  if (__ENV.SCENARIO) {
    return JSON.parse(__ENV.SCENARIO);
  }
  const profile = __ENV.PROFILE || 'smoke';
  if (!it[profile] || !it[profile].executor) {
    throw new Error(`PROFILE ${profile} is unknown to ${it.script}; profiles.json has smoke and full`);
  }
  return it[profile];
}

/** The environment variable as a number above 0, or `fallback` where it is not set. */
export function positive(name, fallback) {
  if (!__ENV[name]) {
    return fallback;
  }
  const number = Number(__ENV[name]);
  if (!(number > 0)) {
    throw new Error(`${name} must be a number above 0, not ${__ENV[name]}`);
  }
  return number;
}

/** The levels of a ladder of VUs, each once, and the level at `seconds` from its start; null on the way to another. */
export function steps(it) {
  const levels = [];
  let [at, before] = [0, it.startVUs || 0];
  for (const { target, duration } of it.stages || []) {
    const lasts = secondsOf(duration);
    if (target === before && target > 0) {
      levels.push({ from: at, to: at + lasts, vus: target });
    }
    at += lasts;
    before = target;
  }
  const find = (seconds) => levels.find((level) => seconds >= level.from && seconds < level.to);
  return {
    all: [...new Set(levels.map((level) => level.vus))],
    at: (seconds) => (find(seconds) || { vus: null }).vus,
  };
}

/** A duration as k6 writes it, in seconds. */
export function secondsOf(text) {
  const units = { h: 3600, m: 60, s: 1, ms: 0.001 };
  return [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)].reduce((sum, [, number, unit]) => sum + number * units[unit], 0);
}
