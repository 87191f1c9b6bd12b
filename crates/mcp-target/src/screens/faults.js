// What can go wrong on a screen that conforms. A screen is an address; the tab remembers which were clicked on.
const faults = document.currentScript.dataset.faults.split(' ');
const button = event => event.target.closest?.('button');

// An application draws itself; a form is replaced by its copy.
function redraw(keep) {
  const isDrawn = !document.dispatchEvent(new CustomEvent('redraw', { cancelable: true, detail: { keep } }));
  if (isDrawn) return;
  for (const it of document.forms) {
    const copy = it.cloneNode(true);
    if (!keep) copy.reset();
    it.replaceWith(copy);
  }
}

if (faults.includes('redraw')) {
  let screen, redrawn, reached;
  setInterval(() => {
    if (screen !== location.pathname) [screen, redrawn] = [location.pathname, 0];
    if (redrawn < 5 && document.querySelector('button')) {
      redrawn += 1;
      // As when a framework takes over what the server has drawn, what was typed is lost.
      redraw(false);
    }
  }, 80);
  // Between finding the button and pressing it.
  addEventListener('pointerover', event => {
    if (!button(event) || reached === location.pathname) return;
    reached = location.pathname;
    redraw(true);
  }, true);
}

if (faults.includes('drop-first-click')) {
  addEventListener('click', event => {
    const dropped = `dropped ${location.pathname}`;
    if (!button(event) || sessionStorage.getItem(dropped)) return;
    sessionStorage.setItem(dropped, 'yes');
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
