// The inbox card: subject and preheader cut about where a client cuts them.

import { make } from './page.js';

// Room for subject and preheader in pixels of 12.5 px type. Phones are 360 px wide;
// a desktop Gmail puts both on one line.
const CLIENTS = {
  phone: [
    { name: 'Gmail', initial: true, subject: 206, preheader: 206 },
    { name: 'Apple Mail', subject: 212, preheader: 408 },
    { name: 'Outlook', initial: true, subject: 192, preheader: 206 },
  ],
  desktop: [
    { name: 'Gmail', subject: 620, shared: true },
    { name: 'Apple Mail', subject: 270, preheader: 540 },
    { name: 'Outlook', initial: true, subject: 300, preheader: 320 },
  ],
};

const ruler = document.createElement('canvas').getContext('2d');

const wide = text => ruler.measureText(text).width;

const letters = 'Segmenter' in Intl
  ? text => Array.from(new Intl.Segmenter().segment(text), part => part.segment)
  : text => Array.from(text);

// Cuts by halving: text may be long, measuring is not free.
function cut(text, room) {
  const all = letters(text.slice(0, 600));
  if (text.length <= 600 && wide(text) <= room) return { shown: text, kept: all.length };
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (wide(all.slice(0, middle).join('').trimEnd() + '…') <= room) low = middle;
    else high = middle - 1;
  }
  return { shown: low > 0 ? all.slice(0, low).join('').trimEnd() + '…' : '', kept: low };
}

function card(client, { from, subject, preheader }, time) {
  const first = cut(subject, client.subject);
  const room = client.shared ? Math.max(0, client.subject - wide(first.shown) - 20) : client.preheader;
  const second = cut(preheader, room);
  const initial = client.initial ? make('span', 'initial', letters(from)[0]?.toUpperCase() ?? '') : null;
  initial?.setAttribute('aria-hidden', 'true');
  const head = make('p', 'from', initial, make('bdi', 'one-line', from), make('time', '', time));
  const lines = [make('p', 'subject', first.shown), make('p', 'preheader', second.shown)];
  for (const line of lines) line.dir = 'auto';
  const counts = `${first.kept} of ${letters(subject).length} · ${second.kept} of ${letters(preheader).length}`;
  return [make('div', 'card', head, ...lines), make('p', 'note', make('b', '', client.name), make('span', '', counts))];
}

export function showCards(box, proof, screen) {
  ruler.font = `12.5px ${getComputedStyle(document.body).fontFamily}`;
  const from = proof.from.replace(/\s*<[^<>]*>\s*$/, '').replace(/^"(.*)"$/, '$1') || proof.from;
  box.replaceChildren(...CLIENTS[screen].flatMap(client => card(client, { ...proof, from }, '09:00')));
}
