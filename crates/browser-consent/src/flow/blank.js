// The body of one script: takes what was typed, and the name in `arguments[0]`, off the page; its answer is all that can
// still be read there.
const name = String(arguments[0] ?? '').toLowerCase();
const roots = [document];
for (let i = 0; i < roots.length; i++) {
  for (const it of roots[i].querySelectorAll('*')) {
    if (it.shadowRoot) roots.push(it.shadowRoot);
    if (it.matches('input:not([type=submit], [type=button], [type=image]), textarea')) {
      it.value = '';
      it.removeAttribute('value');
    }
    if (it.matches('iframe')) it.style.visibility = 'hidden';
  }
  if (!name) continue;
  const texts = document.createTreeWalker(roots[i], NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (texts.currentNode.data.toLowerCase().includes(name)) texts.currentNode.data = '…';
  }
}
const shown = ['alt', 'placeholder'];
return roots
  .flatMap(root => [
    ...(root === document ? [document.body] : [...root.children]).map(it => it?.innerText),
    ...[...root.querySelectorAll('*')].flatMap(it => shown.map(name => it.getAttribute(name))),
    ...[...root.querySelectorAll('input')].map(it => it.value),
  ])
  .filter(Boolean)
  .join('\n');
