// The body of one script: what `arguments[0]` and `arguments[1]`, a way to look and what to look for, find on the page.
const [by, value, pattern] = arguments;
const here = { origin: trueOrigin, document: String(performance.timeOrigin) };
if (by === 'contains') return { ...here, found: location.href.includes(value) };
if (by === 'match') return { ...here, found: new RegExp(value).test(location.href) };
const roots = [document];
for (let i = 0; i < roots.length; i++) {
  for (const it of roots[i].querySelectorAll('*')) if (it.shadowRoot) roots.push(it.shadowRoot);
}
const selector = { css: value, id: '#' + CSS.escape(value), name: `[name="${CSS.escape(value)}"]`, class: '.' + CSS.escape(value) }[by];
let all;
try {
  all = selector
    ? roots.flatMap(root => [...root.querySelectorAll(selector)])
    : [document.evaluate(value, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue];
} catch {
  return { ...here, wrong: true };
}
// Of several the first that a person could see.
all = all.filter(Boolean);
const element = all.find(visible) ?? all[0];
if (!element) return { ...here, found: false };
const box = element.getBoundingClientRect();
return {
  ...here,
  found: !pattern || new RegExp(pattern).test(element.innerText),
  element: toHandle(element),
  visible: visible(element),
  disabled: element.matches(':disabled') || element.closest('[aria-disabled=true]') !== null,
  submits: element.matches('button:not([type=button], [type=reset]), input[type=submit], input[type=image]'),
  sendsTo: sendsTo(element),
  secret: element.type === 'password',
  length: element.value?.length ?? 0,
  rect: [box.left + scrollX, box.top + scrollY, box.width, box.height].map(Math.round),
};
