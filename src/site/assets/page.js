// What the pages share: building elements from text, the frame a mail is shown in,
// the live connection and the theme. Text from outside is only ever textContent.

export const byId = id => document.getElementById(id);

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

// Presses the one control of a group whose data attribute has the value.
export function press(attribute, value, state = 'aria-pressed') {
  for (const control of document.querySelectorAll(`[data-${attribute}]`)) {
    const chosen = control.dataset[attribute] === value;
    control.setAttribute(state, String(chosen));
    if (state === 'aria-selected') control.tabIndex = chosen ? 0 : -1;
  }
}

export function kilobytes(bytes) {
  return (bytes / 1024).toFixed(1) + ' KB';
}

// More lines than anybody scrolls through would only make the page slow; copying and
// downloading still give everything.
const SHOWN_LINES = 5000;
const SHOWN_LINE = 20000;

export function showSource(box, text) {
  const all = text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n');
  const lines = all.slice(0, SHOWN_LINES).map(line => {
    const span = make('span');
    span.textContent = line.length > SHOWN_LINE ? line.slice(0, SHOWN_LINE) + '…' : line;
    return span;
  });
  const more = all.length - lines.length;
  const note = more > 0 ? [make('p', '', `${more.toLocaleString('en')} further lines are in the copy`)] : [];
  box.replaceChildren(...lines, ...note);
}

export async function copy(text, button) {
  const label = button.querySelector('span') ?? button;
  const before = label.dataset.label ??= label.textContent;
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = 'Copied';
  } catch {
    label.textContent = 'Not allowed to copy';
  }
  setTimeout(() => { label.textContent = before; }, 1600);
}

// The sandboxed frame of a mail. A new mail loads behind the old one and takes its
// place when it is there, at the same scroll position, so nothing flashes.
export class Frame {
  #box;
  #shown = null;
  #coming = null;
  #onKey;

  constructor(box, onKey) {
    this.#box = box;
    this.#onKey = onKey;
  }

  show(address, { title, scheme, keepScroll }) {
    return new Promise(done => {
      this.#coming?.remove();
      const frame = document.createElement('iframe');
      frame.setAttribute('sandbox', 'allow-same-origin');
      frame.title = title;
      frame.className = 'coming';
      frame.style.colorScheme = scheme;
      let place = null;
      const swap = () => {
        if (frame !== this.#coming) return;
        this.#listen(frame.contentDocument);
        if (keepScroll && this.#shown) place = this.#shown.contentWindow.scrollY;
        // Pictures still to come push the text back to where it was: the place is kept,
        // not the text that happens to be there now, or each save would drift.
        frame.contentDocument.documentElement.style.overflowAnchor = 'none';
        if (place !== null) frame.contentWindow.scrollTo(0, place);
        frame.className = '';
        this.#shown?.remove();
        this.#shown = frame;
        this.#coming = null;
        // After the next frame is painted, not before.
        requestAnimationFrame(() => setTimeout(done));
      };
      // The text is there long before the last picture is.
      const look = () => {
        if (frame !== this.#coming) return;
        const mail = frame.contentDocument;
        if (mail && mail.URL !== 'about:blank' && mail.readyState !== 'loading') swap();
        else requestAnimationFrame(look);
      };
      frame.addEventListener('load', () => {
        swap();
        if (frame !== this.#shown) return;
        const { contentWindow: mail, contentDocument: { documentElement: root } } = frame;
        // Without its pictures the mail may have been too short to scroll so far.
        if (place !== null && mail.scrollY < place) mail.scrollTo(0, place);
        root.style.overflowAnchor = '';
      });
      frame.src = address;
      this.#coming = frame;
      this.#box.prepend(frame);
      requestAnimationFrame(look);
    });
  }

  // Links open beside the studio: the frame itself may go nowhere.
  #listen(mail) {
    mail.addEventListener('keydown', this.#onKey);
    mail.addEventListener('click', event => {
      const link = event.target.closest?.('a[href]');
      if (!link || link.getAttribute('href').startsWith('#')) return;
      event.preventDefault();
      if (/^(https?|mailto):/.test(link.href)) window.open(link.href, '_blank', 'noopener,noreferrer');
    });
  }
}

// Listens to the server and comes back by itself when it was away.
export function listen(address, { event, onEvent, onLost }) {
  let source;
  const connect = () => {
    source = new EventSource(address);
    source.addEventListener(event, message => onEvent(JSON.parse(message.data), performance.now()));
    source.addEventListener('error', () => {
      onLost();
      // The browser tries again by itself unless the answer was something else.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
    });
  };
  connect();
  addEventListener('pagehide', () => source.close());
  addEventListener('pageshow', shown => { if (shown.persisted) connect(); });
}

export function live(state, words, title = '') {
  const box = byId('live');
  box.className = 'live ' + state;
  box.title = title;
  const label = box.querySelector('span');
  if (label.textContent !== words) label.textContent = words;
  if (state === 'pulse') box.querySelector('i').addEventListener('animationend', () => box.classList.remove('pulse'), { once: true });
}

function remembered() {
  try { return localStorage.getItem('theme'); } catch { return null; }
}

if (remembered()) document.documentElement.dataset.theme = remembered();
byId('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try { localStorage.setItem('theme', root.dataset.theme); } catch { /* Private windows may refuse; it then lasts as long as the page. */ }
});

// Whether a key press is meant for us and not for a field, a dialog or the browser.
export function isShortcut(event) {
  const typing = event.target.closest?.('input, select, textarea');
  return !typing && !event.metaKey && !event.ctrlKey && !event.altKey && !document.querySelector('dialog[open]');
}

// Arrow keys move between the tabs of a list, as in every tab list.
export function walkTabs(event, choose) {
  const tabs = [...event.target.closest('[role=tablist]').querySelectorAll('[role=tab]')];
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  const here = tabs.indexOf(event.target);
  const next = event.key === 'Home' ? 0 : event.key === 'End' ? tabs.length - 1
    : event.key in steps ? (here + steps[event.key] + tabs.length) % tabs.length : -1;
  if (next < 0) return;
  event.preventDefault();
  choose(tabs[next].dataset.tab);
  tabs[next].focus();
}
