import exec from 'k6/execution';
import http from 'k6/http';
import { SharedArray } from 'k6/data';

const identities = __ENV.IDENTITIES_FILE && new SharedArray('identities', () => JSON.parse(open(__ENV.IDENTITIES_FILE)));
const url = __ENV.TOKEN_URL;
const asking = {
  headers: { Authorization: `Bearer ${__ENV.TOKEN_SECRET}` },
  tags: { name: 'token' },
  timeout: 10000,
  // Whether it answers says nothing about the server under test.
  responseCallback: null,
};
const RETRY_MS = 1000;

let header = __ENV.BEARER ? `Bearer ${__ENV.BEARER}` : '';
let askAt = 0;
let isOwn = false;

/**
 * The Authorization header of now, or an empty text where there is no token.
 *
 * With TOKEN_URL set, a VU asks there again once half of what its token had left has passed. Without an answer it goes
 * on with the token it has, and the server will say what it thinks of that.
 */
export function authorization() {
  if (identities && !isOwn) {
    identify(identities[(exec.vu.idInTest - 1) % identities.length]);
  }
  if (url && !isOwn && Date.now() >= askAt) {
    ask();
  }
  return header;
}

/** From now on this VU has a token of its own. */
export function identify(token) {
  header = `Bearer ${token}`;
  isOwn = true;
}

function ask() {
  const response = http.get(url, asking);
  askAt = Date.now() + RETRY_MS;
  if (response.status !== 200) {
    return;
  }
  /** @type {any} */
  const token = response.json();
  header = `Bearer ${token.access_token}`;
  // A token without an end is asked for once a minute.
  askAt = Date.now() + (token.expires_in === undefined ? 60 : token.expires_in / 2) * 1000;
}
