// The inbox. Which message, part, width and colours are shown lives in the address.

import { byId, Frame, isShortcut, kilobytes, listen, live, make, press, showSource, walkTabs } from './page.js';

const UNDO_FOR = 10_000;

const asked = new URLSearchParams(location.search);
const view = {
  id: asked.get('id'),
  tab: ['html', 'text', 'headers', 'raw'].includes(asked.get('tab')) ? asked.get('tab') : 'html',
  width: asked.get('width') === '375' ? '375' : '640',
  mode: asked.get('mode') === 'dark' ? 'dark' : 'light',
};
let all = [];
// Older than what the server lists.
let more = { count: 0, unseen: 0 };
let open = null;
let framed = '';
let first = true;
// Deleted here, but still lying there until the time for a change of mind is over.
const leaving = new Map();

const frame = new Frame(byId('device'), onKey);

const api = (id, what = '') => `/inbox/api/messages/${encodeURIComponent(id)}${what}`;
const tell = (id, what) => fetch(api(id, what), { method: 'POST', keepalive: true }).catch(() => null);

function writeAddress() {
  const chosen = new URLSearchParams(Object.entries(view).filter(([, value]) => value));
  history.replaceState(null, '', '?' + chosen);
}

// ── the list ────────────────────────────────────────────────────────────────

function visible() {
  const words = byId('search').value.trim().toLowerCase().split(/\s+/);
  const holds = mail => {
    const text = `${mail.to} ${mail.from} ${mail.subject} ${mail.preview} ${mail.tag ?? ''}`.toLowerCase();
    return words.every(word => text.includes(word));
  };
  return all.filter(mail => !leaving.has(mail.id) && holds(mail));
}

function when(mail) {
  const time = new Date(mail.received_ms);
  const today = new Date().toDateString() === time.toDateString();
  return today ? time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false })
    : time.toLocaleDateString([], { day: 'numeric', month: 'short' });
}

function tag(mail) {
  return mail.tag ? make('span', mail.tag === 'Rehearsal' ? 'tag rehearsal' : 'tag', mail.tag) : null;
}

function row(mail) {
  const time = make('time', '', when(mail));
  time.dateTime = new Date(mail.received_ms).toISOString();
  const subject = make('span', 'subject one-line', tag(mail), tag(mail) ? ' ' : null, make('bdi', '', mail.subject || 'No subject'));
  const link = make('a', mail.seen ? 'row' : 'row new', make('i'), make('bdi', 'who one-line', mail.to), time, subject,
    make('span', 'preview one-line', make('bdi', '', mail.preview)), mail.seen ? null : make('span', 'unseen', 'unread'));
  link.href = '?id=' + encodeURIComponent(mail.id);
  link.dataset.id = mail.id;
  if (mail.id === view.id) link.setAttribute('aria-current', 'true');
  link.addEventListener('click', event => {
    if (event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    choose(mail.id);
  });
  return make('li', '', link);
}

function drawList() {
  const shown = visible();
  const focused = document.activeElement?.dataset?.id;
  const left = all.filter(mail => !leaving.has(mail.id));
  const unread = left.filter(mail => !mail.seen).length + more.unseen;
  byId('empty').hidden = left.length > 0;
  byId('mail-app').hidden = left.length === 0;
  byId('none').hidden = shown.length > 0;
  byId('list').hidden = shown.length === 0;
  byId('list').replaceChildren(...shown.map(row));
  byId('more').hidden = more.count === 0;
  byId('more').textContent = `${more.count.toLocaleString('en')} older ${more.count === 1 ? 'message is' : 'messages are'} in the maildir and not shown here`;
  byId('search').placeholder = left.length === 1 ? 'Search 1 message' : `Search ${left.length.toLocaleString('en')} messages`;
  byId('unread').hidden = unread === 0;
  byId('unread').replaceChildren(String(unread), make('span', 'unseen', ' unread'));
  document.title = (unread ? `(${unread}) ` : '') + 'Inbox – Letterpress';
  if (focused) byId('list').querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function refresh() {
  let answer;
  try {
    answer = await (await fetch('/inbox/api/messages')).json();
  } catch {
    return;
  }
  all = answer.messages;
  more = { count: answer.more, unseen: answer.more_unseen };
  byId('newsletter').textContent = answer.newsletter;
  byId('studio-link').hidden = !answer.studio;
  byId('catching').textContent = `Catching on smtp://${answer.smtp}. Nothing here has left this machine.`;
  if (view.id && !more.count && !all.some(mail => mail.id === view.id)) close();
  drawList();
  const wide = matchMedia('(min-width: 760px)').matches;
  // Whoever comes to look is shown the newest at once; on a phone the list comes first.
  if (first && !view.id && all.length && wide) choose(visible()[0].id);
  else if (view.id && open?.id !== view.id) choose(view.id);
  else if (!view.id && all.length && wide) show(null);
  first = false;
}

// ── the message ─────────────────────────────────────────────────────────────

async function choose(id) {
  view.id = id;
  writeAddress();
  document.body.dataset.show = 'message';
  drawList();
  let mail;
  try {
    const answer = await fetch(api(id));
    if (!answer.ok) return;
    mail = await answer.json();
  } catch {
    return;
  }
  if (view.id !== id) return;
  if (!mail.has_html && view.tab === 'html') view.tab = 'text';
  show(mail);
  if (!mail.seen) tell(id, '/seen');
}

function close() {
  view.id = null;
  writeAddress();
  document.body.dataset.show = 'list';
  show(null);
}

function person(box, mailbox) {
  const [, name, address] = /^\s*"?(.*?)"?\s*<([^<>]*)>\s*$/.exec(mailbox) ?? [null, '', mailbox];
  box.replaceChildren(...name ? [make('bdi', '', name), ' ', make('span', 'faint', address)] : [address]);
}

function show(mail) {
  open = mail;
  for (const part of ['head', 'bar', 'body']) byId(part).hidden = !mail;
  byId('choose').hidden = Boolean(mail);
  if (!mail) return;
  byId('subject').replaceChildren(...[tag(mail), tag(mail) ? ' ' : null, mail.subject || 'No subject'].filter(Boolean));
  person(byId('from'), mail.from);
  person(byId('to'), mail.to);
  byId('caught').replaceChildren(`${new Date(mail.received_ms).toLocaleString([], { hour12: false })}, ${kilobytes(mail.size)}`,
    ...mail.headers.some(([name]) => name.toLowerCase() === 'list-unsubscribe-post') ? [make('span', 'tag good', 'One-click unsubscribe')] : []);
  byId('download').href = `/inbox/mail/${encodeURIComponent(mail.id)}/eml`;
  drawPart();
}

function drawPart() {
  press('tab', view.tab, 'aria-selected');
  press('width', view.width);
  press('mode', view.mode);
  if (!open) return;
  const missing = view.tab === 'html' && !open.has_html ? 'This message has no HTML part'
    : view.tab === 'text' && open.text === null ? 'This message has no text part' : '';
  byId('body').setAttribute('aria-labelledby', 'tab-' + view.tab);
  byId('no-part').hidden = !missing;
  byId('no-part').textContent = missing;
  byId('device').hidden = view.tab !== 'html' || Boolean(missing);
  byId('source').hidden = !['text', 'raw'].includes(view.tab) || Boolean(missing);
  byId('fields').hidden = view.tab !== 'headers';
  if (missing) return;
  if (view.tab === 'html') drawFrame();
  if (view.tab === 'headers') drawFields();
  if (view.tab === 'text' || view.tab === 'raw') {
    byId('source').classList.toggle('ruler', view.tab === 'text');
    showSource(byId('source'), open[view.tab]);
    byId('source').scrollTo(0, 0);
  }
}

function drawFrame() {
  byId('device').style.setProperty('--width', view.width + 'px');
  const address = `/inbox/mail/${encodeURIComponent(open.id)}?mode=${view.mode}`;
  if (address === framed) return;
  const same = framed.startsWith(address.split('?')[0]);
  framed = address;
  frame.show(address, { title: `The message to ${open.to}`, scheme: view.mode, keepScroll: same });
}

function drawFields() {
  byId('fields').querySelector('tbody').replaceChildren(...open.headers.map(([name, value]) => {
    const head = make('th', '', name);
    head.scope = 'row';
    return make('tr', '', head, make('td', '', value));
  }));
}

// ── doing something to it ───────────────────────────────────────────────────

let undoTimer;

function settle() {
  for (const id of leaving.keys()) {
    all = all.filter(mail => mail.id !== id);
    tell(id, '/delete');
  }
  leaving.clear();
  byId('undo').hidden = true;
}

function remove() {
  if (!open) return;
  const shown = visible();
  const here = shown.findIndex(mail => mail.id === open.id);
  const next = shown[here + 1] ?? shown[here - 1];
  leaving.set(open.id, open);
  byId('undo').hidden = false;
  byId('undo').querySelector('span').textContent = leaving.size === 1 ? 'Deleted' : `${leaving.size} deleted`;
  clearTimeout(undoTimer);
  undoTimer = setTimeout(settle, UNDO_FOR);
  if (next && document.body.dataset.show === 'message' && matchMedia('(min-width: 760px)').matches) choose(next.id);
  else close();
  drawList();
}

byId('undo').querySelector('button').addEventListener('click', () => {
  const [last] = [...leaving.keys()].slice(-1);
  clearTimeout(undoTimer);
  leaving.clear();
  byId('undo').hidden = true;
  drawList();
  if (last) choose(last);
});
addEventListener('pagehide', settle);

async function markUnread() {
  if (!open) return;
  const { id } = open;
  open.seen = false;
  await tell(id, '/unseen');
}

function move(by) {
  const shown = visible();
  if (!shown.length) return;
  const here = shown.findIndex(mail => mail.id === view.id);
  const to = here < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, here + by));
  choose(shown[to].id);
  byId('list').querySelector(`[data-id="${CSS.escape(shown[to].id)}"]`)?.scrollIntoView({ block: 'nearest' });
}

// ── controls ────────────────────────────────────────────────────────────────

for (const name of ['tab', 'width', 'mode']) {
  for (const control of document.querySelectorAll(`[data-${name}]`)) {
    control.addEventListener('click', () => set(name, control.dataset[name]));
  }
}

function set(name, value) {
  view[name] = value;
  writeAddress();
  drawPart();
}

document.querySelector('[role=tablist]').addEventListener('keydown', event => {
  walkTabs(event, tab => set('tab', tab));
  event.stopPropagation();
  if (!event.defaultPrevented) onKey(event);
});
byId('back').addEventListener('click', () => { document.body.dataset.show = 'list'; });
byId('delete').addEventListener('click', remove);
byId('search').addEventListener('input', drawList);
byId('search').addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  byId('search').value = '';
  byId('search').blur();
  drawList();
});

function stepTab(by) {
  const tabs = ['html', 'text', 'headers', 'raw'];
  set('tab', tabs[(tabs.indexOf(view.tab) + by + tabs.length) % tabs.length]);
}

function onKey(event) {
  // Arrow keys scroll where there is something to scroll.
  if (!isShortcut(event) || event.key.startsWith('Arrow') && event.target.closest?.('.code, .fields')) return;
  const doing = {
    j: () => move(1),
    k: () => move(-1),
    u: markUnread,
    '/': () => byId('search').focus(),
    1: () => set('mode', 'light'),
    2: () => set('mode', 'dark'),
    Backspace: remove,
    Delete: remove,
    ArrowLeft: () => stepTab(-1),
    ArrowRight: () => stepTab(1),
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!doing) return;
  event.preventDefault();
  doing();
}
document.addEventListener('keydown', onKey);

listen('/inbox/api/events', {
  event: 'change',
  onEvent() {
    byId('lost').hidden = true;
    live('', 'Live');
    refresh();
  },
  onLost() {
    live('off', 'Not connected');
    byId('lost').hidden = false;
  },
});
drawPart();
