// What a person could see, on the screen or by scrolling.
const parent = it => it.assignedSlot ?? it.parentElement ?? it.getRootNode().host ?? null;

const veiled = element => {
  let opacity = 1;
  for (let it = element; it; it = parent(it)) {
    opacity *= Number(getComputedStyle(it).opacity);
    if (opacity < 0.05 || it.inert || it.getAttribute('aria-hidden') === 'true') return true;
  }
  return false;
};
// Where a form sends what is typed into it, unless a script is faster; asked past fields that are called `action`.
const actionOf = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, 'action').get;
const originOf = address => {
  try {
    const url = new URL(address, document.baseURI);
    return /^https?:$/.test(url.protocol) ? url.origin : trueOrigin;
  } catch {
    return 'null';
  }
};
const sendsTo = element => {
  const form = element.form ?? element.closest('form');
  if (!(form instanceof HTMLFormElement)) return trueOrigin;
  return originOf(actionOf.call(form));
};
const page = document.documentElement;
const visible = element => {
  const box = element.getBoundingClientRect();
  return (
    box.width >= 3 &&
    box.height >= 3 &&
    box.right + scrollX > 0 &&
    box.bottom + scrollY > 0 &&
    box.left + scrollX < Math.max(page.scrollWidth, innerWidth) &&
    getComputedStyle(element).visibility === 'visible' &&
    !veiled(element)
  );
};
