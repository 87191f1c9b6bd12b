// Ory Hydra, and on an origin of their own the login and consent pages that it leaves to others; README.md says how it is run.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { HYDRA, LOADTEST_EMAIL: EMAIL, LOADTEST_PASSWORD: PASSWORD } = process.env;

const escaped = (text) => String(text).replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`);

const page = (title, body) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title>
<body><h1>${title}</h1>${body}</body></html>`;

const loginPage = (challenge, message = '') => page('Please log in', `
<form method="post" action="/login">
  <input type="hidden" name="challenge" value="${escaped(challenge)}">
  ${message && `<p>${message}</p>`}
  <p><input type="email" name="email" placeholder="email@example.test"></p>
  <p><input type="password" name="password" placeholder="Password"></p>
  <p><input type="checkbox" id="remember" name="remember" value="1"><label for="remember">Remember me</label></p>
  <input type="submit" name="submit" value="Log in">
  <input type="submit" name="submit" value="Deny access">
</form>`);

const consentPage = (challenge, request) => page('An application requests access to your data!', `
<form method="post" action="/consent">
  <input type="hidden" name="challenge" value="${escaped(challenge)}">
  <p>Hi ${escaped(request.subject)}, <strong>${escaped(request.client.client_name || request.client.client_id)}</strong> wants access on your behalf:</p>
  ${request.requested_scope.map((it) => `<p><input type="checkbox" id="${escaped(it)}" name="scope" value="${escaped(it)}"><label for="${escaped(it)}">${escaped(it)}</label></p>`).join('\n  ')}
  <input type="submit" name="submit" value="Allow access">
  <input type="submit" name="submit" value="Deny access">
</form>`);

// What Hydra's admin API says of a login or consent, or does with it.
async function hydra(admin, kind, challenge, what = '', body = undefined) {
  const address = `${admin}/admin/oauth2/auth/requests/${kind}${what}?${kind}_challenge=${encodeURIComponent(challenge)}`;
  const answer = await fetch(address, body && { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`hydra answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

// Either a page to show or an address to go on to.
async function answer(admin, request, url, form) {
  const kind = url.pathname.slice(1);
  if (!['login', 'consent'].includes(kind)) return { status: 404, page: page('Not found', '') };
  const accept = async (challenge, body) => ({ to: (await hydra(admin, kind, challenge, '/accept', body)).redirect_to });
  if (request.method === 'GET') {
    const challenge = url.searchParams.get(`${kind}_challenge`) ?? '';
    const asked = await hydra(admin, kind, challenge);
    if (kind === 'login') return asked.skip ? accept(challenge, { subject: asked.subject }) : { page: loginPage(challenge) };
    return { page: consentPage(challenge, asked) };
  }
  const challenge = form.get('challenge') ?? '';
  if (form.get('submit') === 'Deny access') {
    const denied = { error: 'access_denied', error_description: 'The resource owner denied the request' };
    return { to: (await hydra(admin, kind, challenge, '/reject', denied)).redirect_to };
  }
  if (kind === 'login') {
    const right = form.get('email') === EMAIL && form.get('password') === PASSWORD;
    if (!right) return { page: loginPage(challenge, 'The username / password combination is not correct') };
    return accept(challenge, { subject: EMAIL, remember: form.has('remember') });
  }
  const { requested_access_token_audience } = await hydra(admin, kind, challenge);
  return accept(challenge, { grant_scope: form.getAll('scope'), grant_access_token_audience: requested_access_token_audience });
}

async function read(request) {
  let text = '';
  for await (const it of request) text += it;
  return new URLSearchParams(text);
}

function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

async function freePort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((closed) => server.close(closed));
  return port;
}

const [publicPort, adminPort] = [await freePort(), await freePort()];
const issuer = `http://127.0.0.1:${publicPort}`;
const admin = `http://127.0.0.1:${adminPort}`;

const pages = createServer(async (request, response) => {
  try {
    const { status = 200, page, to } = await answer(admin, request, new URL(request.url, issuer), await read(request));
    if (to) response.writeHead(303, { location: to }).end();
    else response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
  }
});
const origin = `http://127.0.0.1:${await listen(pages)}`;

// Hydra ends with this process, even by SIGKILL, where setpriv can arrange it.
const dying = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : [];
const [program, ...leading] = [...dying, HYDRA];
const child = spawn(program, [...leading, 'serve', 'all', '--dev'], {
  stdio: ['ignore', process.stderr, process.stderr],
  env: {
    HOME: process.env.HOME,
    PATH: process.env.PATH,
    DSN: 'memory',
    LOG_LEVEL: 'error',
    SQA_OPT_OUT: 'true',
    SECRETS_SYSTEM: randomBytes(16).toString('hex'),
    SERVE_PUBLIC_HOST: '127.0.0.1',
    SERVE_PUBLIC_PORT: String(publicPort),
    SERVE_ADMIN_HOST: '127.0.0.1',
    SERVE_ADMIN_PORT: String(adminPort),
    URLS_SELF_ISSUER: issuer,
    URLS_LOGIN: `${origin}/login`,
    URLS_CONSENT: `${origin}/consent`,
    WEBFINGER_OIDC_DISCOVERY_CLIENT_REGISTRATION_URL: `${issuer}/oauth2/register`,
    OIDC_DYNAMIC_CLIENT_REGISTRATION_ENABLED: 'true',
    OIDC_DYNAMIC_CLIENT_REGISTRATION_DEFAULT_SCOPE: 'openid offline_access',
  },
});
child.on('error', (error) => { console.error(String(error)); process.exit(1); });
child.on('exit', (code) => process.exit(code ?? 1));

const end = () => child.kill('SIGTERM');
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, end);
// Whoever started this server holds the other end of stdin, so that it cannot outlive them.
process.stdin.on('end', end).resume();

const ready = async () => (await fetch(`${admin}/health/ready`).catch(() => ({}))).ok;
while (!await ready()) await sleep(100);
console.log(JSON.stringify({ issuer, admin, login_origin: origin }));
