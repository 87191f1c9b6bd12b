// Takes the operations that gh-comment uses out of GitHub's OpenAPI description, with every schema
// they need and without examples.
// Usage: node extract.mjs PATH/TO/@octokit/openapi/generated/api.github.com.json > openapi.json

import { readFileSync } from 'node:fs';

const USED = {
  '/user': ['get'],
  '/repos/{owner}/{repo}/issues': ['get', 'post'],
  '/repos/{owner}/{repo}/issues/{issue_number}': ['get'],
  '/repos/{owner}/{repo}/issues/{issue_number}/comments': ['get', 'post'],
  '/repos/{owner}/{repo}/issues/comments/{comment_id}': ['patch'],
};

const whole = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const DROPPED = new Set(['example', 'examples', 'description', 'summary', 'externalDocs', 'tags']);

// Below `properties` every key is a name, also one such as `description`.
function slim(value, names = false) {
  if (Array.isArray(value)) return value.map((it) => slim(it));
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key]) => names || !(DROPPED.has(key) || key.startsWith('x-')));
  return Object.fromEntries(kept.map(([key, it]) => [key, slim(it, !names && key === 'properties')]));
}

const components = {};
function take(value) {
  if (value === null || typeof value !== 'object') return;
  if (typeof value.$ref === 'string') {
    const [, , kind, name] = value.$ref.split('/');
    components[kind] ??= {};
    if (name in components[kind]) return;
    components[kind][name] = slim(whole.components[kind][name]);
    take(components[kind][name]);
  }
  Object.values(value).forEach(take);
}

const paths = {};
for (const [path, methods] of Object.entries(USED)) {
  const kept = methods.map((method) => [method, slim(whole.paths[path][method])]);
  paths[path] = Object.fromEntries(kept);
}
// A response must have a description, though it may be empty.
const described = (responses) => Object.values(responses).forEach((it) => { if (!it.$ref) it.description ??= ''; });
Object.values(paths).flatMap(Object.values).forEach((it) => described(it.responses));
take(paths);
described(components.responses ?? {});

// One line a path and a schema, so that a newer description shows what has changed.
const lines = (parts) => `{\n${Object.entries(parts).map(([key, it]) => `${JSON.stringify(key)}:${JSON.stringify(it)}`).join(',\n')}\n}`;
const { openapi, servers, info: { title, version, license } } = whole;
const head = JSON.stringify({ openapi, info: { title, version, license }, servers }).slice(0, -1);
const kinds = Object.entries(components).map(([kind, parts]) => `"${kind}":${lines(parts)}`);
console.log(`${head},\n"paths":${lines(paths)},\n"components":{${kinds.join(',\n')}}}`);
