/**
 * Tokens of a user who is signed in and has consented: authorization requests with the cookies of that browser, and the
 * requests for tokens that follow.
 *
 * SIGNED_IN_FILE has what `mcp-loadtest` keeps of its sign-in.
 */

import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import http from 'k6/http';
import { failureOf } from './answer.js';
import { record } from './metrics.js';
import { positive } from './profile.js';
import { tell } from './request.js';

const MOST_REDIRECTS = 8;
const TIMEOUT_MS = positive('REQUEST_TIMEOUT_MS', 30000);
// What RFC 6749 §5.2 and OpenID Connect Core §3.1.2.6 call a user, client or grant that is not taken.
const REFUSED = /"?error"?\s*[:=]\s*"?(invalid_grant|invalid_client|unauthorized_client|access_denied|login_required|consent_required|interaction_required)/;

const signedIn = read();
const jar = new http.CookieJar();
for (const { name, value, domain, path, secure } of signedIn.cookies) {
  const host = domain.replace(/^\./, '');
  const more = domain === host ? {} : { domain: host };
  jar.set(`${secure ? 'https' : 'http'}://${host}${path}`, name, value, { path, secure, ...more });
}
const headers = { Accept: 'application/json', ...(signedIn.authorization && { Authorization: signedIn.authorization }) };

/**
 * A code by PKCE and the tokens for it: `{ tokens, failure }`, of which one is null.
 *
 * It counts as a call named `authorization_code`, whose duration is that of all its requests; with `counts` false only a
 * failure does, so that a user who is not let in is never an absence of bad news.
 */
export function authorize(counts = true) {
  const verifier = random(32);
  const state = random(16);
  const challenge = encoding.b64encode(crypto.sha256(verifier, 'binary'), 'rawurl');
  const nonce = signedIn.nonce ? `&nonce=${random(16)}` : '';
  const url = `${signedIn.authorization_request}&state=${state}&code_challenge=${challenge}${nonce}`;
  const { location, failure, duration } = redirected(url);
  const { code, failure: denied } = failure ? { failure } : codeAt(location, state);
  const done = denied ? { tokens: null, failure: denied, duration: 0 } : request('token', {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: signedIn.redirect_uri,
  });
  if (counts || done.failure) {
    record({ rpc: 'authorization_code' }, duration + done.duration, done.failure);
  }
  return done;
}

/** The next tokens for those of before: `{ tokens, failure }`; it counts as a call named `refresh_token`. */
export function refresh({ refresh_token }) {
  const done = request('refresh_token', { grant_type: 'refresh_token', refresh_token });
  record({ rpc: 'refresh_token' }, done.duration, done.failure);
  if (done.tokens && !done.tokens.refresh_token) {
    done.tokens.refresh_token = refresh_token;
  }
  return done;
}

// Where the server leads a browser, up to the redirect URI, at which nobody listens.
function redirected(url) {
  let [at, duration] = [url, 0];
  for (let turn = 0; turn < MOST_REDIRECTS; turn += 1) {
    const response = http.get(at, { jar, redirects: 0, timeout: TIMEOUT_MS, tags: { name: 'authorize' } });
    duration += response.timings.duration;
    const { status, headers: answered } = response;
    if (status < 300 || status > 399 || !answered.Location) {
      // A page asks for something, which nobody is there to give.
      const failure = status === 200 ? 'unauthorized' : classOf(response);
      tell(failure, response, status === 200 ? 'a page in the place of a code' : response.body || response.error);
      return { failure, duration };
    }
    at = absolute(answered.Location, at);
    if (at.startsWith(signedIn.redirect_uri)) {
      return { location: at, failure: null, duration };
    }
  }
  return { failure: atRedirectUri('protocol_error', `more than ${MOST_REDIRECTS} redirects`), duration };
}

function codeAt(location, state) {
  const parameter = (name) => {
    const found = location.match(new RegExp(`[?&]${name}=([^&#]*)`));
    return found ? decoded(found[1]) : null;
  };
  const [code, error] = [parameter('code'), parameter('error')];
  if (parameter('state') !== state) {
    return { failure: atRedirectUri('protocol_error', 'the state at the redirect URI is another one') };
  }
  if (error) {
    const words = [error, parameter('error_description')].filter(Boolean).join(': ');
    return { failure: atRedirectUri(refusal(`error=${error}`) || 'protocol_error', words) };
  }
  return code ? { code, failure: null } : { failure: atRedirectUri('protocol_error', 'no code at the redirect URI') };
}

// What was no answer of its own, but an address.
function atRedirectUri(failure, words) {
  tell(failure, { status: 302 }, words);
  return failure;
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return null;
  }
}

function request(name, form) {
  // A call is one request of its own name; that for a code is a part of one.
  const tags = name === 'token' ? { name } : { name, rpc: name };
  const response = http.post(signedIn.token_endpoint, { ...signedIn.form, ...form }, { headers, redirects: 0, timeout: TIMEOUT_MS, tags });
  const { duration } = response.timings;
  const tokens = response.status === 200 ? parse(response.body) : null;
  if (tokens && tokens.access_token) {
    return { tokens, failure: null, duration };
  }
  const failure = (response.status >= 400 && response.status < 500 && refusal(response.body)) || classOf(response);
  // What is no answer in JSON may yet hold a token.
  tell(failure, response, response.status === 200 ? 'no access_token' : struck(response.body || response.error, form));
  return { tokens: null, failure, duration };
}

// No answer without a code or a token is a success, whatever else it is.
function classOf(response) {
  return failureOf(response, 0, false) || 'protocol_error';
}

// A server may say again what it was sent.
function struck(words, { code, code_verifier, refresh_token }) {
  const secrets = [code, code_verifier, refresh_token, signedIn.form.client_secret].filter(Boolean);
  return secrets.reduce((text, it) => text.split(it).join('…'), words);
}

function refusal(text) {
  return REFUSED.test(text || '') ? 'unauthorized' : null;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// k6 has no URL.
function absolute(location, base) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) {
    return location;
  }
  const [origin] = base.match(/^[a-z]+:\/\/[^/?#]*/i);
  return location.startsWith('/') ? origin + location : base.replace(/[?#].*$/, '').replace(/[^/]*$/, '') + location;
}

function random(length) {
  return encoding.b64encode(crypto.randomBytes(length), 'rawurl');
}

function read() {
  if (!__ENV.SIGNED_IN_FILE) {
    throw new Error('SIGNED_IN_FILE is not set; `mcp-loadtest run --suite oauth` signs in and sets it');
  }
  return JSON.parse(open(__ENV.SIGNED_IN_FILE));
}
