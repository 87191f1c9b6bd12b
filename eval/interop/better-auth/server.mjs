import { oauthProviderAuthServerMetadata } from '@better-auth/oauth-provider';
import { toNodeHandler } from 'better-auth/node';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { addUser, authorizationServer } from './auth.mjs';
import { mcpEndpoint } from './mcp.mjs';

process.on('uncaughtException', (error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});

const { LOADTEST_EMAIL, LOADTEST_PASSWORD } = process.env;
if (!LOADTEST_EMAIL || !LOADTEST_PASSWORD) {
  console.error('error: LOADTEST_EMAIL and LOADTEST_PASSWORD must be set; they become the one user of this server');
  process.exit(1);
}

const api = createServer();
const login = createServer();
const origin = await listen(api, process.env.PORT);
const loginOrigin = await listen(login, process.env.LOGIN_PORT);
const resource = `${origin}/mcp`;
const issuer = `${origin}/api/auth`;
const metadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;

const auth = authorizationServer({ origin, loginOrigin, resource });
await addUser(auth, LOADTEST_EMAIL, LOADTEST_PASSWORD);

const authHandler = toNodeHandler(auth);
const mcp = mcpEndpoint({ resource, issuer, metadataUrl });
const authServerMetadata = oauthProviderAuthServerMetadata(auth);
const pages = { '/login': await page('login.html'), '/consent': await page('consent.html') };

api.on('request', guarded(async (request, response) => {
  const { pathname } = new URL(request.url, origin);
  if (pathname === '/mcp') {
    return mcp(request, response);
  }
  if (pathname === '/.well-known/oauth-protected-resource/mcp') {
    return json(response, {
      resource,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['mcp:read', 'offline_access'],
    });
  }
  if (pathname === '/.well-known/oauth-authorization-server/api/auth') {
    const metadata = await authServerMetadata(new Request(issuer));
    return json(response, await metadata.json());
  }
  if (pathname.startsWith('/api/auth/')) {
    allowLoginOrigin(request, response);
    return request.method === 'OPTIONS' ? response.writeHead(204).end() : authHandler(request, response);
  }
  response.writeHead(404).end();
}));

login.on('request', guarded(async (request, response) => {
  const html = pages[new URL(request.url, loginOrigin).pathname];
  if (!html) {
    return response.writeHead(404).end();
  }
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(html);
}));

process.on('SIGTERM', () => process.exit(0));
process.on('SIGINT', () => process.exit(0));
// Whoever started this server holds the other end of stdin, so that it cannot outlive them.
process.stdin.on('end', () => process.exit(0)).resume();

console.log(JSON.stringify({ resource, login_origin: loginOrigin }));

async function listen(server, port = 0) {
  server.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}`;
}

async function page(name) {
  const html = await readFile(new URL(`pages/${name}`, import.meta.url), 'utf8');
  return html.replaceAll('__ISSUER__', issuer);
}

function allowLoginOrigin(request, response) {
  if (request.headers.origin === loginOrigin) {
    response.setHeader('Access-Control-Allow-Origin', loginOrigin);
    response.setHeader('Access-Control-Allow-Credentials', 'true');
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader('Access-Control-Allow-Headers', 'Content-Type');
    response.setHeader('Vary', 'Origin');
  }
}

function json(response, value) {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(value));
}

function guarded(handler) {
  return (request, response) => {
    handler(request, response).catch((error) => {
      console.error(`error: ${request.method} ${request.url.split('?')[0]}: ${error.message}`);
      if (!response.headersSent) {
        response.writeHead(500);
      }
      response.end();
    });
  };
}
