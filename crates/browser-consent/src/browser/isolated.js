// Names the elements of this document for scripts that come later; what has left the page is stale.
const trueOrigin = self.origin;
const names = (globalThis[Symbol.for('browser-consent')] ??= { numbers: new WeakMap(), elements: [] });
const toHandle = it => {
  if (!names.numbers.has(it)) names.numbers.set(it, names.elements.push(it) - 1);
  return `${performance.timeOrigin}/${names.numbers.get(it)}`;
};
const fromHandle = name => {
  const [origin, number] = name.split('/');
  const it = Number(origin) === performance.timeOrigin ? names.elements[number] : null;
  if (!it?.isConnected) throw new Error('stale element');
  return it;
};
