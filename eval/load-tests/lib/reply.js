/** The JSON-RPC message that answers request `id`, from a JSON or an event stream body; null if there is none. */
export function messageFor(id, body) {
  for (const text of messages(body)) {
    const message = parse(text);
    // What has a method is a request of the server, which may be numbered as ours are.
    if (message && message.id === id && !message.method) {
      return message;
    }
  }
  return null;
}

/** The id of the last event of a stream, to go on from there; null where it has none. */
export function lastEventId(body) {
  const ids = lines(body).filter((line) => line.startsWith('id:'));
  return ids.length ? ids[ids.length - 1].slice(3).trim() : null;
}

/** The milliseconds that a stream asks for before it is gone on with; 0 where it does not. */
export function retryAfter(body) {
  const last = lines(body).filter((line) => line.startsWith('retry:')).pop();
  return Math.max(0, Number((last || '').slice(6)) || 0);
}

function messages(body) {
  const text = body.charCodeAt(0) === 0xfeff ? body.slice(1) : body;
  return text.trimStart().startsWith('{') ? [text] : events(text);
}

// A server may send notifications, keep-alive comments and empty priming events before the answer, and split the
// answer over several data lines; a line may end with CR, LF or both.
function events(body) {
  const all = [];
  let data = [];
  for (const line of [...lines(body), '']) {
    if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line === '' && data.length) {
      all.push(data.join('\n'));
      data = [];
    }
  }
  return all;
}

function lines(body) {
  return body.split(/\r\n|\n|\r/);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
