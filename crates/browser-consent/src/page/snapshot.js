// The body of one script; its answer is `snapshot::Snapshot`. `arguments[0]` is the client's name, `arguments[1]`
// whether scopes are asked for.
const most = 200;
const tidy = (text, length = most) =>
  String(text ?? '')
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, length);

// Open shadow roots are part of the page that a person sees.
const roots = [document];
for (let i = 0; i < roots.length; i++) {
  for (const it of roots[i].querySelectorAll('*')) if (it.shadowRoot) roots.push(it.shadowRoot);
}
const all = selector => roots.flatMap(root => [...root.querySelectorAll(selector)]);
const rect = element => {
  const box = element.getBoundingClientRect();
  return [box.left + scrollX, box.top + scrollY, box.width, box.height].map(Math.round);
};

const attribute = (element, name) => tidy(element.getAttribute(name));
const textOf = (element, ids) =>
  tidy(
    attribute(element, ids)
      .split(' ')
      .map(id => (id && element.getRootNode().getElementById?.(id)?.innerText) || '')
      .join(' '),
  );
const named = element => textOf(element, 'aria-labelledby') || attribute(element, 'aria-label');
const described = element => textOf(element, 'aria-describedby') || attribute(element, 'title');
const labels = element => [...(element.labels ?? [])].map(it => it.innerText).join(' ');

const forms = [];
const form = element => {
  const it = element.form ?? element.closest('form');
  if (!(it instanceof HTMLFormElement)) return null;
  if (!forms.includes(it)) forms.push(it);
  return forms.indexOf(it);
};
const method = element => {
  const it = forms[form(element)];
  return it ? tidy(Element.prototype.querySelector.call(it, 'input[name=_method]')?.value) : '';
};
const disabled = element => element.matches(':disabled') || element.closest('[aria-disabled=true]') !== null;

const common = element => ({
  element: toHandle(element),
  rect: rect(element),
  attribute: attribute(element, 'name'),
  id: attribute(element, 'id'),
  disabled: disabled(element),
  form: form(element),
});

const typed = ['text', 'email', 'password', 'tel', 'number', 'url', 'search'];
const fields = all('input')
  .filter(it => typed.includes(it.type) && visible(it))
  .slice(0, 50)
  .map(it => ({
    ...common(it),
    kind: it.type,
    autocomplete: attribute(it, 'autocomplete'),
    label: tidy([named(it), labels(it), it.placeholder, it.title].join(' ')),
    length: it.value.length,
    limit: it.maxLength,
    fixed: it.readOnly,
    sendsTo: sendsTo(it),
  }));

// A box that a style sheet has hidden behind its label is ticked by pressing the label.
const boxes = all('input[type=checkbox]')
  .map(it => ({ it, target: visible(it) ? it : [...it.labels].find(visible) }))
  .filter(({ target }) => target)
  .slice(0, 100)
  .map(({ it, target }) => ({
    ...common(it),
    element: toHandle(target),
    value: tidy(it.value),
    label: tidy([named(it), labels(it)].join(' ')),
    description: described(it),
    required: it.required,
    checked: it.checked,
  }));

const native = 'button, input[type=submit], input[type=button], input[type=image]';
const label = it =>
  named(it) ||
  (it.localName === 'input' ? tidy(it.type === 'image' ? it.alt : it.value || 'Submit') : tidy(it.innerText)) ||
  tidy([...it.querySelectorAll('img[alt]')].map(img => img.alt).join(' ')) ||
  attribute(it, 'title');
const client = tidy(arguments[0]);
// What may be a cookie banner by its name, and is neither the page nor a form; what it says decides.
const cookieNames = '[id*=cookie i], [class*=cookie i], [id*=onetrust i], [class*=gdpr i], [aria-label*=cookie i]';
const pageParts = 'form, main, h1, select, textarea, input:not([type=checkbox], [type=hidden], [type=button], [type=submit])';
const layers = all(cookieNames).filter(it => !it.matches('html, body, main, form, h1') && !it.querySelector(pageParts));
const layersOf = element => {
  const found = [];
  for (let it = element; it; it = parent(it)) if (layers.includes(it)) found.push(layers.indexOf(it));
  return found;
};
const lines = it => it.innerText.split('\n').map(line => tidy(line, 500)).filter(Boolean).slice(0, 50);
const buttons = all(`${native}, a[href], [role=button]`)
  .filter(it => visible(it) && (it.matches(native) || !it.querySelector(native)))
  .slice(0, 200)
  .map(it => ({
    ...common(it),
    label: label(it),
    kind: it.matches(native) ? it.type : '',
    button: it.localName === 'button',
    value: attribute(it, 'value'),
    class: attribute(it, 'class'),
    data: Object.entries({ ...it.dataset }).map(([key, value]) => tidy(`${key} ${value}`)),
    action: attribute(it, 'formaction'),
    sendsTo: it.hasAttribute('formaction') ? originOf(it.getAttribute('formaction')) : '',
    method: method(it),
    link: it.localName === 'a' && it.getAttribute('role') !== 'button',
    expands: it.hasAttribute('aria-expanded') || it.hasAttribute('aria-haspopup'),
    layers: layersOf(it),
  }));

// A list of which one is taken; a choice of language is beside the point.
const radios = all('input[type=radio]')
  .map(it => ({ it, target: visible(it) ? it : [...(it.labels ?? [])].find(visible) }))
  .filter(({ target }) => target)
  .map(({ it, target }) => ({
    ...common(it),
    element: toHandle(target),
    label: tidy([named(it), labels(it)].join(' ')) || tidy(it.value),
    chosen: it.checked,
  }));
const options = all('select:not([multiple], [name*=lang i], [id*=lang i], [name*=locale i], [id*=locale i])')
  .filter(visible)
  .flatMap(select =>
    [...select.options]
      .filter(it => it.value && !it.disabled)
      .map(it => ({ ...common(select), element: toHandle(it), label: tidy(it.label), chosen: it.selected })),
  );
const choices = [...radios, ...options].slice(0, 200);

// What the protocols hand on through the browser in a form that sends itself.
const carried = 'SAMLResponse, SAMLRequest, RelayState, id_token, access_token, code, state, wresult'.split(', ');
const passes = it =>
  [...it.elements].filter(it => it.matches('button:not([type=button]), input[type=submit]') && visible(it)).length < 2 &&
  carried.some(name => it.querySelector(`input[type=hidden][name=${name}]`)) &&
  !it.querySelector('input:not([type=hidden], [type=submit]), select, textarea');
const passing = document.querySelector('meta[http-equiv=refresh i]') !== null || [...document.forms].some(passes);
const captcha = all('.g-recaptcha, .h-captcha, .cf-turnstile, [data-sitekey]:not([data-size=invisible]), img[src*=captcha i], input[name*=captcha i]').some(visible);

const address = it => {
  try {
    const url = new URL(it.src || location.href, document.baseURI);
    return { origin: url.origin, address: url.origin + url.pathname, hidden: /size=invisible/.test(url.search) };
  } catch {
    return { origin: 'null', address: '', hidden: false };
  }
};
const frames = all('iframe')
  .filter(visible)
  .slice(0, 20)
  .map(it => ({ element: toHandle(it), rect: rect(it), label: attribute(it, 'title'), ...address(it) }));

// A scope is known by its form wherever it stands, by standing alone, or by the field that it is the value of.
const items = 'li, code, dt, dd, td, kbd, samp, label, b, strong, span, div';
const hasText = it => [...it.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim());
const colons = /^(?!urn:|mailto:|tel:)[a-z][\w.-]*(:[a-z*][\w.*/-]*)+$/i;
const whole = /^[a-z]\w*([.:_/-][\w*]+)+$/i;
const standard = ['openid', 'profile', 'email', 'address', 'phone'];
// A link leads somewhere, and an address of this site or machine is where the answer goes.
const isAddress = (it, word) =>
  /^https?:\/\/[^/]+\/./i.test(word) &&
  !/^https?:\/\/(localhost|127\.|\[::1\])/i.test(word) &&
  !word.startsWith(location.origin) &&
  !it.closest('a[href]') &&
  !it.querySelector('a[href]');
const isAlone = (it, text) =>
  (standard.includes(text) && it.matches(items)) ||
  (whole.test(text) && text !== location.host && it.matches(items)) ||
  (/^[a-z]+$/.test(text) && it.matches('code, li, kbd, samp') && !it.closest('nav, header, footer, a[href]') && !it.querySelector('a[href]'));
const scopesOf = it => {
  const text = tidy(it.innerText);
  const words = text.replace(client, '').split(/[\s,;()"'“”]+/).map(word => word.replace(/[.:]+$/, ''));
  return [...words.filter((word, at) => colons.test(word) || (at === 0 && isAddress(it, word))), ...(isAlone(it, text) ? [text] : [])];
};
const scopes = !arguments[1] ? [] : [
  ...all('input[name*=scope i]').flatMap(it => tidy(it.value, 1000).split(' ')).filter(it => !/^(on|true|false|\d*)$/i.test(it)),
  ...all('*')
    .filter(it => !it.matches('head *, script, style, noscript, option') && (hasText(it) || it.matches('li, td, dt, dd')))
    .slice(0, 500)
    .filter(it => scopesOf(it).length && visible(it))
    .flatMap(scopesOf),
];

// Where nobody counts, no press is ever known to be lost.
let counted = [Math.round(performance.now()), 0];
const hear = event => { counted = String(event.detail).split(' ').map(Number); };
addEventListener('browser-consent-counted', hear);
dispatchEvent(new CustomEvent('browser-consent-count'));
removeEventListener('browser-consent-counted', hear);
const [sent, waiting] = counted.map(it => (Number.isSafeInteger(it) && it >= 0 && it < 2 ** 32 ? it : 0));

// On its error pages Firefox gives the wanted address as the location.
const isError = /^about:(neterror|certerror|httpsonlyerror)/.test(document.documentURI);

const spoken = selector => [...new Set(all(selector).filter(visible).map(it => tidy(it.innerText)).filter(Boolean))];
// What is styled as an error, and is not the form that has one in it.
const controls = 'input, select, textarea, button';
const bare = selectors => selectors.map(it => `${it}:not(:has(${controls}), ${controls}, form, html, body, label)`).join(', ');
const warnings = bare(['[class*=error i]', '[id*=error i]', '.errorlist', '.alert-danger']);
const messages = bare(['[aria-live=polite]', '[role=status]', 'output']);
// The code that a device is to be given is shown for it to be read.
const isSquare = ([, , width, height]) => width >= 100 && Math.abs(width - height) < 5;
const barcode = all('canvas, img[src^="data:"], img[src*=qr i], img[src*=barcode i]').some(it => visible(it) && isSquare(rect(it)));
const shown = document.body?.innerText ?? '';
const deviceSecret = /\b(?=[A-Z ]*[2-7])(?:[A-Z2-7]{4} ){3,}[A-Z2-7]{2,4}\b/.test(shown) || all('a[href^="otpauth:"]').length > 0;
const query = new URLSearchParams(location.search);
return {
  origin: trueOrigin,
  address: isError ? 'about:neterror' : location.protocol + '//' + location.host + location.pathname,
  document: String(performance.timeOrigin),
  ready: document.readyState !== 'loading',
  still: document.readyState === 'complete' && !document.scripts.length && !document.getAnimations().length,
  status: performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0,
  sent,
  waiting,
  title: tidy(document.title),
  heading: tidy(all('h1').find(visible)?.innerText),
  text: tidy(roots.flatMap(it => (it === document ? [document.body] : [...it.children])).map(it => it?.innerText ?? '').join(' '), 2000),
  client,
  alerts: spoken('[role=alert], [aria-live=assertive]').slice(0, 5),
  notes: spoken(warnings).slice(0, 5),
  live: spoken(messages).slice(0, 5),
  answer: query.has('error') ? tidy([query.get('error'), query.get('error_description') ?? ''].join(' ')) : null,
  fields,
  boxes,
  buttons,
  layers: layers.map(lines),
  frames,
  choices,
  passing,
  captcha,
  barcode,
  deviceSecret,
  scopes: [...new Set(scopes)].slice(0, 50),
};
