// The preview. Everything a person chose lives in the address, so that reloading,
// sharing and going back show the same.

import { byId, copy, Frame, isShortcut, kilobytes, listen, live, make, press, showSource, walkTabs } from './page.js';
import { showCards } from './card.js';

const MODES = ['light', 'dark'];
const WIDTHS = ['320', '375', '640', 'free'];
const TABS = ['preview', 'text', 'html', 'mjml', 'headers', 'raw'];
const PANES = ['mail', 'card', 'checks'];
const NARROW = matchMedia('(max-width: 759px)');
const LOOKS = {
  light: ['Light.', ' About what Apple Mail and Gmail on the web show'],
  dark: ['Dark.', ' The dark styles of the theme, as Apple Mail uses them'],
};
const NEAR = 90;
const FULL = 102;

const view = readAddress();
let answer = null;
let framed = { address: '', shown: null };
let menu = [];
let asking = null;

const frame = new Frame(byId('device'), onKey);

function readAddress() {
  const asked = new URLSearchParams(location.search);
  const one = (name, known, otherwise) => known.includes(asked.get(name)) ? asked.get(name) : otherwise;
  const free = Number(asked.get('free'));
  return {
    mode: one('mode', MODES, 'light'),
    width: one('width', WIDTHS, NARROW.matches ? '375' : '640'),
    free: free >= 240 && free <= 4000 ? Math.round(free) : 520,
    tab: one('tab', TABS, 'preview'),
    show: one('show', PANES, 'mail'),
    screen: one('screen', ['phone', 'desktop'], 'phone'),
    reader: asked.get('reader'),
  };
}

function writeAddress() {
  const asked = new URLSearchParams();
  if (view.reader) asked.set('reader', view.reader);
  asked.set('mode', view.mode);
  asked.set('width', view.width);
  if (view.width === 'free') asked.set('free', view.free);
  asked.set('tab', view.tab);
  if (view.show !== 'mail') asked.set('show', view.show);
  if (view.screen !== 'phone') asked.set('screen', view.screen);
  history.replaceState(null, '', '?' + asked);
}

function change(what) {
  Object.assign(view, what);
  writeAddress();
  draw();
}

// ── drawing ─────────────────────────────────────────────────────────────────

function draw() {
  press('mode', view.mode);
  press('width', view.width);
  press('tab', view.tab, 'aria-selected');
  press('screen', view.screen);
  press('go', view.show);
  document.body.dataset.show = view.show;
  drawWidth();
  drawLook();
  const previewing = view.tab === 'preview';
  byId('panel-preview').hidden = !previewing;
  byId('panel-source').hidden = previewing;
  if (!answer) return;
  drawProblems();
  const proof = answer.proof;
  if (!proof) return;
  showCards(byId('cards'), proof, view.screen);
  if (!previewing) drawSource(proof);
  return drawFrame(answer.version, answer.reader);
}

function drawWidth() {
  const width = view.width === 'free' ? view.free : Number(view.width);
  const device = byId('device');
  device.style.setProperty('--width', width + 'px');
  device.classList.toggle('phone', view.width !== 'free' && width < 400 && !NARROW.matches);
  byId('width-tag').textContent = width + ' px';
}

function drawLook() {
  const box = byId('look');
  if (answer?.problems.length && answer.proof) {
    const when = new Date(answer.received - answer.age_ms).toLocaleTimeString([], { hour12: false });
    box.replaceChildren(make('span', 'old', `Last good mail, of ${when}. Size and warnings are of that one`));
  } else {
    const [name, words] = LOOKS[view.mode];
    box.replaceChildren(make('b', '', name), words);
  }
}

// While a mail is broken the server answers with the last good one, so the frame never
// has to know.
function drawFrame(version, reader) {
  const asked = new URLSearchParams({ mode: view.mode, version });
  if (reader) asked.set('reader', reader.id);
  const address = '/mail?' + asked;
  if (address !== framed.address) {
    const title = `The mail as ${reader?.label ?? 'a reader'} gets it`;
    framed = { address, shown: frame.show(address, { title, scheme: view.mode, keepScroll: true }) };
  }
  return framed.shown;
}

const SOURCES = {
  text: proof => {
    const longest = proof.text.split('\n').reduce((most, line) => Math.max(most, Array.from(line.trimEnd()).length), 0);
    return { text: proof.text, name: 'Text part.', about: ` The rule stands at 72; the longest line has ${longest} characters` };
  },
  html: proof => ({ text: proof.html, name: 'HTML.', about: ` As it goes out, ${kilobytes(proof.html_encoded_bytes)} encoded` }),
  mjml: proof => ({ text: proof.mjml, name: 'MJML.', about: ' The theme with the article in place' }),
  headers: proof => ({ text: proof.headers.map(([name, value]) => `${name}: ${value}`).join('\n'), name: 'Headers.', about: ` Those of the mail to ${proof.reader_label}` }),
  raw: proof => ({ text: proof.raw, name: 'Raw.', about: ` The bytes on the wire, ${kilobytes(proof.raw_bytes)}` }),
};

function drawSource(proof) {
  const { text, name, about } = SOURCES[view.tab](proof);
  const box = byId('source');
  byId('about-source').replaceChildren(make('b', '', name), about);
  byId('panel-source').setAttribute('aria-labelledby', 'tab-' + view.tab);
  box.setAttribute('aria-label', name.replace('.', ''));
  box.classList.toggle('ruler', view.tab === 'text');
  byId('download').href = '/mail.eml' + (answer.reader ? '?' + new URLSearchParams({ reader: answer.reader.id }) : '');
  byId('download').hidden = view.tab !== 'raw';
  const shows = `${answer.version} ${answer.reader?.id} ${view.tab}`;
  if (box.dataset.shows === shows) return;
  const { scrollTop, scrollLeft } = box;
  const sameTab = box.dataset.shows?.endsWith(' ' + view.tab);
  showSource(box, text);
  box.dataset.shows = shows;
  box.scrollTo(sameTab ? scrollLeft : 0, sameTab ? scrollTop : 0);
}

function drawAnswer() {
  const { proof, reader, problems } = answer;
  byId('inbox-link').hidden = !answer.inbox;
  byId('watched').textContent = `watching ${answer.watched} ${answer.watched === 1 ? 'file' : 'files'}`;
  byId('reader-name').textContent = reader?.label ?? 'Nobody';
  byId('device').classList.toggle('stale', problems.length > 0);
  if (proof) {
    document.title = `${proof.title} – Letterpress`;
    byId('title').textContent = proof.title;
    byId('newsletter').textContent = proof.newsletter;
    byId('path').textContent = proof.article_path;
    drawSize(proof);
  }
  drawFindings(proof?.warnings ?? [], problems);
  drawMenu();
}

function drawSize(proof) {
  const size = proof.html_encoded_bytes / 1024;
  const words = kilobytes(proof.html_encoded_bytes);
  const bar = byId('size-bar');
  byId('size').textContent = words;
  byId('size-parts').textContent = `Encoded HTML · text ${(proof.text_bytes / 1024).toFixed(1)}`;
  bar.style.setProperty('--full', Math.min(100, 100 * size / FULL) + '%');
  bar.classList.toggle('near', size > NEAR && size <= 100);
  bar.classList.toggle('over', size > 100);
  bar.setAttribute('aria-label', `${words} of ${FULL}; amber from ${NEAR}`);
}

function drawFindings(warnings, problems) {
  const found = [...problems, ...warnings];
  const errors = found.filter(problem => problem.severity === 'error').length;
  byId('clear').hidden = found.length > 0;
  byId('findings').replaceChildren(...found.map(problem => make('li', 'finding',
    make('i', `sign ${problem.severity}`),
    make('p', '', make('span', 'unseen', `${problem.severity}: `), ...prose(problem.message)),
    problem.hint ? make('p', 'hint', ...prose(problem.hint)) : null,
    problem.place ? make('p', 'where', problem.place.at) : null)));
  const count = (number, kind) => number ? make('span', '', make('i', `sign ${kind}`), String(number), make('span', 'unseen', ` ${kind}s`)) : null;
  byId('tally').replaceChildren(...[count(errors, 'error'), count(found.length - errors, 'warning')].filter(Boolean));
  const badge = byId('panel-count');
  badge.hidden = found.length === 0;
  badge.className = errors ? 'count error' : 'count';
  badge.replaceChildren(String(found.length), make('span', 'unseen', errors ? ' with errors' : ' warnings'));
}

// Messages put code between backquotes.
function prose(text) {
  return text.split('`').map((part, index, all) => {
    const quoted = index % 2 === 1 && index < all.length - 1;
    return quoted ? make('code', 'code-word', part) : index % 2 === 1 ? '`' + part : part;
  });
}

function excerpt(place) {
  const number = make('span', 'number', String(place.line));
  const line = make('div', 'line', number, place.before + place.marked + place.after);
  const under = make('span', 'number');
  // The text before the mark takes its own room, so wide letters do not shift the caret.
  const space = make('span', 'space', place.before);
  space.setAttribute('aria-hidden', 'true');
  const caret = make('div', '', under, space, make('span', 'caret', '^'.repeat(Math.max(1, Array.from(place.marked).length))));
  caret.setAttribute('aria-hidden', 'true');
  const box = make('div', 'excerpt', line, caret);
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', `Excerpt of ${place.at}`);
  return box;
}

function bulb() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', 'M6 12.5h4M6.5 14.5h3M5.8 10.5C4.5 9.6 3.8 8.3 3.8 6.8a4.2 4.2 0 0 1 8.4 0c0 1.5-.7 2.8-2 3.7z');
  svg.append(path);
  return svg;
}

function drawProblems() {
  const box = byId('overlay');
  const { problems } = answer;
  box.hidden = problems.length === 0 || view.tab !== 'preview';
  const shows = JSON.stringify(problems);
  if (box.hidden || box.dataset.shows === shows) return;
  box.dataset.shows = shows;
  const errors = problems.filter(problem => problem.severity === 'error').length;
  byId('overlay-kind').querySelector('span').textContent = errors > 1 ? `The mail cannot be rendered: ${errors} errors` : 'The mail cannot be rendered';
  byId('problems').replaceChildren(...problems.map(problem => make('li', '',
    make('div', 'head', make('h2', '', ...prose(problem.message)), problem.place ? make('p', 'where', problem.place.at) : null),
    problem.place ? excerpt(problem.place) : null,
    ...problem.notes.map(note => make('p', 'facts', ...prose(note))),
    problem.hint ? make('p', 'advice', bulb(), make('span', '', ...prose(problem.hint))) : null)));
  // A long line is scrolled to where the caret points.
  for (const box of document.querySelectorAll('.excerpt')) {
    const caret = box.querySelector('.caret');
    const beyond = caret.getBoundingClientRect().right - box.getBoundingClientRect().right + 24;
    if (beyond > 0) box.scrollLeft = beyond;
  }
}

function problemsAsText() {
  return answer.problems.map(problem => [
    `${problem.severity}: ${problem.message}`,
    problem.place && `  --> ${problem.place.at}`,
    problem.place && `  | ${problem.place.before}${problem.place.marked}${problem.place.after}`,
    ...problem.notes.map(note => `  ${note}`),
    problem.hint && `hint: ${problem.hint}`,
  ].filter(Boolean).join('\n')).join('\n\n');
}

// ── asking the server ───────────────────────────────────────────────────────

// Answers may overtake each other; only the one asked for last is shown.
async function refresh(sign) {
  asking?.abort();
  const mine = asking = new AbortController();
  const asked = new URLSearchParams(view.reader ? { reader: view.reader } : {});
  let fresh;
  try {
    fresh = await (await fetch('/api/proof?' + asked, { signal: mine.signal })).json();
  } catch {
    return;
  }
  if (mine !== asking) return;
  answer = { ...fresh, received: Date.now() };
  drawAnswer();
  await draw();
  if (mine !== asking) return;
  const errors = answer.problems.filter(problem => problem.severity === 'error').length;
  if (errors) {
    live('broken', `Not rendered: ${errors} ${errors === 1 ? 'error' : 'errors'}`);
  } else if (sign) {
    const took = Math.round(sign.waited + performance.now() - sign.received);
    live('pulse', `Live, ${took} ms`, `Repainted ${took} ms after the save`);
  } else {
    live('', 'Live');
  }
}

let known = null;
listen('/api/events', {
  event: 'save',
  onEvent(save, received) {
    const back = known === null || !byId('lost').hidden;
    byId('lost').hidden = true;
    known = save.version;
    // The frame asks for the mail while we ask for all the rest.
    if (!back && answer?.proof) drawFrame(save.version, answer.reader);
    refresh(back ? null : { waited: save.waited_ms, received });
    find();
  },
  onLost() {
    live('off', 'Not connected');
    byId('lost').hidden = false;
  },
});

// ── the reader menu ─────────────────────────────────────────────────────────

async function find() {
  const asked = new URLSearchParams({ find: byId('find').value });
  try {
    const { rows, found } = await (await fetch('/api/readers?' + asked)).json();
    if (asked.get('find') !== byId('find').value) return;
    menu = found;
    byId('find').placeholder = rows ? `Find one of ${rows.toLocaleString('en')} readers` : 'Find a reader';
    drawMenu();
  } catch { /* The banner already says that nobody answers. */ }
}

function drawMenu() {
  const option = reader => {
    const chosen = reader.id === answer?.reader?.id;
    const name = make('b', '', make('bdi', '', reader.label));
    const button = make('button', 'option', make('span', '', name, make('small', '', reader.detail)));
    button.type = 'button';
    button.setAttribute('aria-pressed', String(chosen));
    button.addEventListener('click', () => {
      byId('reader').open = false;
      byId('reader').querySelector('summary').focus();
      read(reader.id);
    });
    return button;
  };
  const group = (kind, title) => {
    const some = menu.filter(reader => reader.kind === kind);
    return some.length ? [make('h2', '', title), ...some.map(option)] : [];
  };
  const groups = [...group('row', 'From the list'), ...group('extreme', 'Extremes, made for you')];
  byId('found').replaceChildren(...groups.length ? groups : [make('p', '', 'Nobody like that')]);
}

function read(id) {
  view.reader = id;
  writeAddress();
  refresh();
}

function step(by) {
  if (!menu.length) return;
  const now = view.reader ?? answer?.reader?.id;
  const here = menu.findIndex(reader => reader.id === now);
  read(menu[(Math.max(here, by > 0 ? -1 : 0) + by + menu.length) % menu.length].id);
}

byId('find').addEventListener('input', find);
byId('reader').addEventListener('toggle', () => { if (byId('reader').open) byId('find').focus(); });
byId('reader').addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    byId('reader').open = false;
    byId('reader').querySelector('summary').focus();
  }
  const stops = [byId('find'), ...byId('found').querySelectorAll('button')];
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!byId('reader').open || !move) return;
  event.preventDefault();
  stops[(stops.indexOf(document.activeElement) + move + stops.length) % stops.length].focus();
});
document.addEventListener('click', event => { if (!byId('reader').contains(event.target)) byId('reader').open = false; });

// ── controls ────────────────────────────────────────────────────────────────

for (const [name, choose] of Object.entries({
  mode: mode => change({ mode }),
  width: width => change({ width }),
  tab: tab => change({ tab }),
  screen: screen => change({ screen }),
  go: show => change({ show }),
})) {
  for (const control of document.querySelectorAll(`[data-${name}]`)) {
    control.addEventListener('click', () => choose(control.dataset[name]));
  }
}
document.querySelector('[role=tablist]').addEventListener('keydown', event => walkTabs(event, tab => change({ tab })));

byId('copy').addEventListener('click', () => copy(SOURCES[view.tab](answer.proof).text, byId('copy')));
byId('copy-problems').addEventListener('click', () => copy(problemsAsText(), byId('copy-problems')));

const grip = byId('grip');
const resize = free => {
  const room = byId('panel-preview').clientWidth;
  Object.assign(view, { width: 'free', free: Math.round(Math.max(240, Math.min(room, free))) });
  press('width', view.width);
  drawWidth();
};
grip.addEventListener('pointerdown', down => {
  const device = byId('device');
  const start = device.getBoundingClientRect().width;
  grip.setPointerCapture(down.pointerId);
  device.classList.add('dragged');
  // The device is centred: it grows on both sides.
  const move = event => resize(start + 2 * (event.clientX - down.clientX));
  grip.addEventListener('pointermove', move);
  grip.addEventListener('lostpointercapture', () => {
    grip.removeEventListener('pointermove', move);
    device.classList.remove('dragged');
    writeAddress();
  }, { once: true });
});
grip.addEventListener('keydown', event => {
  const by = { ArrowRight: 10, ArrowLeft: -10 }[event.key];
  if (!by) return;
  event.preventDefault();
  resize(byId('device').getBoundingClientRect().width + by);
  writeAddress();
});

function onKey(event) {
  if (!isShortcut(event)) return;
  const next = () => change({ width: WIDTHS[(WIDTHS.indexOf(view.width) + 1) % WIDTHS.length] });
  const openReaders = () => { byId('reader').open = !byId('reader').open; };
  const doing = {
    1: () => change({ mode: 'light' }),
    2: () => change({ mode: 'dark' }),
    w: next,
    r: openReaders,
    '[': () => step(-1),
    ']': () => step(1),
    '?': () => byId('keys').showModal(),
    Escape: () => { byId('reader').open = false; },
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!doing) return;
  event.preventDefault();
  doing();
}
document.addEventListener('keydown', onKey);
NARROW.addEventListener('change', drawWidth);

writeAddress();
draw();
