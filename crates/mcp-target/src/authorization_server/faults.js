// What can go wrong on a screen that conforms. A screen is an address; the tab remembers which were clicked on.
const faults = document.currentScript.dataset.faults.split(' ');
const button = event => event.target.closest?.('button');

// What was typed is lost with the field, as when a framework takes over what the server has drawn.
function redraw() {
  const isDrawnAnew = !document.dispatchEvent(new Event('redraw', { cancelable: true }));
  if (!isDrawnAnew) for (const it of document.forms) it.replaceWith(it.cloneNode(true));
}

if (faults.includes('redraw')) {
  let screen, redrawn, reached;
  setInterval(() => {
    if (screen !== location.pathname) [screen, redrawn] = [location.pathname, 0];
    if (redrawn < 5 && document.querySelector('button')) {
      redrawn += 1;
      redraw();
    }
  }, 80);
  // Between finding the button and pressing it.
  addEventListener('pointerover', event => {
    if (!button(event) || reached === location.pathname) return;
    reached = location.pathname;
    redraw();
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
