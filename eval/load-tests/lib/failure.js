/** The classes a failed call falls into; each has its own count in the summary. */
export const FAILURES = [
  'unauthorized',
  'forbidden',
  'session_lost',
  'too_many_sessions',
  'rate_limited',
  'tool_error',
  'protocol_error',
  'http_5xx',
  'network',
];

/** The failure an HTTP response is in itself, or null where its body decides. */
export function httpFailure(response, inSession) {
  const { status } = response;
  if (status >= 200 && status < 300) {
    return null;
  }
  if (status === 0) {
    return 'network';
  }
  if (status === 401) {
    return 'unauthorized';
  }
  if (status === 403) {
    return 'forbidden';
  }
  if (status === 404 && inSession) {
    return 'session_lost';
  }
  if (status === 429) {
    return 'rate_limited';
  }
  if (status === 503 && (response.body || '').includes('too_many_sessions')) {
    return 'too_many_sessions';
  }
  return status >= 500 ? 'http_5xx' : 'protocol_error';
}

/** The failure a JSON-RPC message is, or null for a result that is none; `message` is null if there was no answer. */
export function messageFailure(message) {
  if (!message || message.error || !message.result) {
    return 'protocol_error';
  }
  if (!message.result.isError) {
    return null;
  }
  return throttled(message.result.content) ? 'rate_limited' : 'tool_error';
}

function throttled(content) {
  return (Array.isArray(content) ? content : []).some((it) => {
    try {
      return JSON.parse(it.text).code === 'rate_limited';
    } catch {
      return false;
    }
  });
}
