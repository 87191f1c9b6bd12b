/** The JSON-RPC message that answers request `id`, from a JSON or an SSE body; null if there is none. */
export function replyTo(id, body) {
  for (const text of messages(body || '')) {
    const message = parse(text);
    if (message && message.id === id && !message.method) {
      return message;
    }
  }
  return null;
}

/**
 * Whether the body shows without being parsed that request `id` got a result that is no error.
 *
 * Parsing a reply of 13 KB costs k6 thirty times what the request itself does, so only doubtful ones are parsed.
 * The members looked for cannot be text of a tool, because inside a JSON string their quotes are escaped.
 */
export function plainlySucceeded(id, body) {
  return (
    (body.includes(`"id":${id},`) || body.includes(`"id":${id}}`)) &&
    body.includes('"result":') &&
    !body.includes('"error":') &&
    (!body.includes('"isError"') || (body.includes('"isError":false') && !body.includes('"isError":true')))
  );
}

function messages(body) {
  return body.trimStart().startsWith('{') ? [body] : events(body);
}

// A server may send notifications, keep-alive comments and empty priming events before the answer, and split the
// answer over several data lines.
function events(body) {
  return body
    .replace(/\r\n?/g, '\n')
    .split('\n\n')
    .map((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .map((lines) => lines.map((line) => line.slice(5)).join('\n'));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
