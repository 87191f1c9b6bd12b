// Counts what leaves the page, to tell a press that was lost from a slow one; it runs before the page's own scripts.
if (!window[Symbol.for('browser-consent')]) {
  const it = { sent: 0, waiting: 0 };
  const counted = (owner, name, awaited) => {
    const real = owner[name];
    owner[name] = function (...given) {
      it.sent += 1;
      const answer = real.apply(this, given);
      awaited?.(this, answer);
      return answer;
    };
  };
  const begin = () => {
    it.waiting += 1;
    return () => { it.waiting -= 1; };
  };
  counted(window, 'fetch', (_, answer) => {
    const end = begin();
    Promise.resolve(answer).then(end, end);
  });
  counted(XMLHttpRequest.prototype, 'send', request => request.addEventListener('loadend', begin(), { once: true }));
  counted(WebSocket.prototype, 'send');
  counted(Worker.prototype, 'postMessage');
  counted(Navigator.prototype, 'sendBeacon');
  counted(HTMLFormElement.prototype, 'submit');
  addEventListener('submit', event => { it.sent += event.defaultPrevented ? 0 : 1; });
  addEventListener('beforeunload', () => { it.sent += 1; });
  // Scripts beside the page have only its events to hear of it.
  addEventListener('browser-consent-count', () => {
    dispatchEvent(new CustomEvent('browser-consent-counted', { detail: `${it.sent} ${it.waiting}` }));
  });
  Object.defineProperty(window, Symbol.for('browser-consent'), { value: true });
}
