// The body of one script: the buttons of whatever lies over the middle of the element in `arguments[0]`.
const target = fromHandle(arguments[0]);
const box = target.getBoundingClientRect();
let over = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
while (over?.shadowRoot) {
  const inner = over.shadowRoot.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  if (!inner || inner === over) break;
  over = inner;
}
if (!over || over === target || over.contains(target)) return [];
const parent = it => it.parentElement ?? it.getRootNode().host ?? null;
const floats = it => ['fixed', 'absolute', 'sticky'].includes(getComputedStyle(it).position) || it.matches('dialog, [role=dialog]');
// Only what does not hold the target itself may be closed.
let top = null;
for (let it = over; it && !it.contains(target); it = parent(it)) if (floats(it)) top = it;
if (!top) return [];
// A backdrop is often the sibling of the box that has the buttons.
const dialogs = [...document.querySelectorAll('dialog[open], [role=dialog], [aria-modal=true]')].filter(it => !it.contains(target));
const within = [top, ...dialogs].flatMap(it => [...it.querySelectorAll('button, [role=button], input[type=button]')]);
return [...new Set(within)]
  .filter(it => it.getBoundingClientRect().height >= 3)
  .slice(0, 30)
  .map(it => ({ element: toHandle(it), label: (it.getAttribute('aria-label') || it.innerText || it.value || '').trim().slice(0, 100) }));
