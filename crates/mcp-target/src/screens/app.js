// Sign-in and consent without a new document: asks the server what to draw, draws it, sends what was decided.
const main = document.querySelector('main');
const request = () => new URLSearchParams(location.search).get('request') ?? '';
const find = selector => main.querySelector(selector);

let draw = () => {};
let busy = false;

async function ask(path, form) {
  const response = await fetch(path, form && { method: 'POST', body: new URLSearchParams(form) });
  return { ok: response.ok, ...(await response.json()) };
}

async function show(next) {
  const url = new URL(next, location.href);
  if (url.origin !== location.origin) return location.assign(url);
  if (url.href !== location.href) history.pushState(null, '', url);
  const answer = await ask(`/screen?request=${encodeURIComponent(request())}`);
  busy = false;
  draw = { 'sign-in': () => signIn(''), 'one-time-password': () => oneTimePassword(''), consent: () => consent(answer) }[answer.screen] ?? (() => message(answer));
  draw();
}

function head(title, html) {
  document.title = `${title} · NovaMart`;
  main.innerHTML = `<h1>${title}</h1>${html}`;
}

function signIn(wrong) {
  askWith(wrong, '/login', 'Sign in', `
    <label for="email">Email</label><input id="email" name="email" type="email" autocomplete="username" required>
    <label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" required>
    `, signIn);
}

function oneTimePassword(wrong) {
  askWith(wrong, '/login/code', 'Verify', `<label for="code">One-time password</label>
    <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" required>`, oneTimePassword);
}

function askWith(wrong, path, action, fields, again) {
  head('Sign in', `<p role="alert" hidden></p><form>${fields}<button type="submit" disabled>${action}</button></form>`);
  const [form, alert, button] = ['form', '[role=alert]', 'button'].map(find);
  const inputs = [...form.querySelectorAll('input')];
  alert.textContent = wrong;
  alert.hidden = !wrong;
  form.addEventListener('input', () => { button.disabled = !inputs.every(it => it.value); });
  form.addEventListener('submit', async event => {
    event.preventDefault();
    busy = button.disabled = true;
    button.textContent = 'Signing in…';
    const answer = await ask(path, { request: request(), ...Object.fromEntries(new FormData(form)) });
    if (answer.next) return show(answer.next);
    busy = false;
    draw = () => again(answer.text);
    draw();
  });
}

function consent(question) {
  head('Authorize application', `<p><strong></strong> asks for access to NovaMart as <span></span>:</p><ul></ul>
    <button type="button" value="deny">Deny</button><button type="button" value="approve">Approve</button>`);
  find('strong').textContent = question.client;
  find('span').textContent = question.email;
  for (const scope of question.scopes) find('ul').appendChild(document.createElement('li')).textContent = scope;
  if (!question.can_approve) find('[value=approve]').remove();
  const buttons = [...main.querySelectorAll('button')];
  for (const button of buttons) {
    button.addEventListener('click', async () => {
      busy = true;
      for (const it of buttons) it.disabled = true;
      button.textContent = 'One moment…';
      const answer = await ask('/consent', { request: request(), decision: button.value });
      if (answer.next) return show(answer.next);
      draw = () => message(answer);
      draw();
    });
  }
}

function message({ ok, title, text }) {
  head(title, '<p></p>');
  find('p').role = ok ? 'status' : 'alert';
  find('p').textContent = text;
}

document.addEventListener('redraw', event => {
  event.preventDefault();
  if (busy) return;
  const typed = [...main.querySelectorAll('input')].map(it => it.value);
  draw();
  if (!event.detail.keep) return;
  main.querySelectorAll('input').forEach((it, at) => { it.value = typed[at]; });
  find('form')?.dispatchEvent(new Event('input'));
});
addEventListener('popstate', () => show(location.href));
await show(location.href);
