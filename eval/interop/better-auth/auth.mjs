import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { jwt } from 'better-auth/plugins';
import { randomBytes } from 'node:crypto';

export const SCOPES = ['openid', 'profile', 'email', 'offline_access', 'mcp:read'];
const WORKSPACE_CLAIM = 'https://novamart.example/workspace_id';

const TABLES = [
  'user',
  'session',
  'account',
  'verification',
  'jwks',
  'oauthClient',
  'oauthAccessToken',
  'oauthRefreshToken',
  'oauthConsent',
];

/** Better Auth under `${origin}/api/auth`, an authorization server for `resource`, its pages on `loginOrigin`. */
export function authorizationServer({ origin, loginOrigin, resource }) {
  return betterAuth({
    appName: 'NovaMart',
    baseURL: origin,
    secret: randomBytes(32).toString('hex'),
    database: memoryAdapter(Object.fromEntries(TABLES.map((it) => [it, []]))),
    telemetry: { enabled: false },
    // stdout carries the one line that says where the server is.
    logger: { level: 'error', log: (level, message) => console.error(`${level}: ${message}`) },
    trustedOrigins: [loginOrigin],
    emailAndPassword: { enabled: true, minPasswordLength: 1 },
    user: { additionalFields: { workspaceId: { type: 'string', input: false, defaultValue: 'ws_novamart' } } },
    // The provider wants the session endpoint's own JWTs off, so that only it issues tokens.
    disabledPaths: ['/token'],
    plugins: [
      jwt(),
      oauthProvider({
        loginPage: `${loginOrigin}/login`,
        consentPage: `${loginOrigin}/consent`,
        scopes: SCOPES,
        validAudiences: [resource],
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        customAccessTokenClaims: ({ user }) => ({ [WORKSPACE_CLAIM]: user?.workspaceId }),
        // This server puts the metadata where the two warnings want it.
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }),
    ],
  });
}

export async function addUser(auth, email, password) {
  await auth.api.signUpEmail({ body: { name: 'Load Test', email, password } });
}
