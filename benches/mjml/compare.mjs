// Whether our MJML renderer and npm's mjml make the same mail of the same MJML: the same
// words, links and pictures, the same elements in the same order, within and outside
// of what only Outlook reads, with the same attributes and styles.
//
//   node compare.mjs NODE FILE.mjml…
//
// NODE is a folder with mjml in its node_modules; beside each FILE.mjml stands our
// FILE.mjml.html. Prints `ok …` or `FAILED …` for each file and for each entry of
// differences.txt, which says in what the two may differ, and why.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [node, ...files] = process.argv.slice(2)
const require = createRequire(resolve(node, 'node_modules', 'x.js'))
const loaded = require('mjml')
const mjml2html = loaded.default ?? loaded
const here = dirname(fileURLToPath(import.meta.url))

// `pattern  # reason`; `*` stands for anything.
const allowed = readFileSync(join(here, 'differences.txt'), 'utf8')
  .split('\n')
  .filter((line) => line.trim() && !line.startsWith('#'))
  .map((line) => {
    const [pattern, reason] = line.split('  # ')
    if (!reason) throw new Error(`differences.txt: no reason for ${line}`)
    const escaped = pattern.trim().replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')
    return { pattern: pattern.trim(), matches: new RegExp(`^${escaped}$`, 's'), used: 0 }
  })

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', middot: '·' }
const decoded = (text) =>
  text.replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name) => {
    if (name[0] !== '#') return entities[name] ?? whole
    const code = name[1] === 'x' ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10)
    return String.fromCodePoint(code)
  })
const plain = (text) => decoded(text).replace(/[\s\u00a0]+/g, ' ').trim()
const colour = (value) => value.replace(/^#([0-9a-f])([0-9a-f])([0-9a-f])$/i, '#$1$1$2$2$3$3').toLowerCase()

function attributes(text) {
  const found = new Map()
  for (const [, name, , double, single] of text.matchAll(/([^\s=/>"']+)(\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g)) {
    found.set(name.toLowerCase(), decoded(double ?? single ?? '').trim())
  }
  return found
}

// The declarations of a style, spelt one way.
function declarations(style) {
  const found = new Map()
  for (const declaration of style.split(/;(?![^(]*\))/)) {
    const at = declaration.indexOf(':')
    if (at < 0) continue
    const value = declaration.slice(at + 1).replace(/\s*,\s*/g, ',').replace(/\s+/g, ' ').trim()
    found.set(declaration.slice(0, at).trim().toLowerCase(), colour(value))
  }
  return found
}

// A rule of a style sheet after the other, each spelt one way.
function rules(css) {
  const spelt = css.replace(/\/\*.*?\*\//gs, '').replace(/\s*([{}:;,>])\s*/g, '$1').replace(/;}/g, '}')
  return spelt.replace(/\s+/g, ' ').replace(/\} /g, '}').split(/(?<=\})(?!\})/).map((rule) => rule.trim()).filter(Boolean).sort()
}

// Tags in order: `td`, `/td`, `if mso`, `endif`; words go with the tag before them.
function read(html) {
  const tokens = []
  let words = ''
  const text = html.replace(/<!doctype[^>]*>/i, '')
  const pattern =
    /<!--\[if ([^\]]*)\]>(?:<!-->|-->|<!-- -->)?|<!--<!\[endif\]-->|<!\[endif\]-->|<!--.*?-->|<style[^>]*>(.*?)<\/style>|<\/([a-z0-9:]+)\s*>|<([a-z0-9:]+)((?:"[^"]*"|'[^']*'|[^>"'])*)>/gis
  let done = 0
  const say = (until) => {
    const said = text.slice(done, until)
    words += said
    if (tokens.length) tokens.at(-1).words = plain(`${tokens.at(-1).words} ${said}`)
  }
  for (const match of text.matchAll(pattern)) {
    say(match.index)
    done = match.index + match[0].length
    const [whole, condition, style, close, open, rest] = match
    const token = { words: '', attributes: new Map() }
    if (condition !== undefined) token.name = `if ${condition.replace(/[()\s]+/g, ' ').trim()}`
    else if (whole.includes('[endif]')) token.name = 'endif'
    else if (style !== undefined) Object.assign(token, { name: 'style', rules: rules(style) })
    else if (close !== undefined) token.name = `/${close.toLowerCase()}`
    else if (open !== undefined) Object.assign(token, { name: open.toLowerCase(), attributes: attributes(rest) })
    else continue
    const last = tokens.at(-1)
    // Two branches of one condition in a row are one.
    if (token.name.startsWith('if ') && last?.name === 'endif' && !last.words && last.of === token.name) {
      tokens.pop()
      continue
    }
    if (token.name === 'endif') {
      token.of = tokens.findLast((earlier) => earlier.name.startsWith('if '))?.name
      // So is one with nothing in it none.
      if (last?.name === token.of && !last.words) {
        tokens.pop()
        continue
      }
    }
    if (/^\/(br|hr|img|meta|link|col)$/.test(token.name)) continue
    tokens.push(token)
  }
  say(text.length)
  return tokens
}

// Pairs of the same tags in the same order; what has no partner stands alone.
function paired(ours, theirs) {
  let begin = 0
  while (begin < ours.length && begin < theirs.length && ours[begin].name === theirs[begin].name) begin += 1
  let end = 0
  const room = () => Math.min(ours.length, theirs.length) - begin
  while (end < room() && ours.at(-1 - end).name === theirs.at(-1 - end).name) end += 1
  const [a, b] = [ours.slice(begin, ours.length - end), theirs.slice(begin, theirs.length - end)]
  const best = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      best[i][j] = a[i].name === b[j].name ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1])
    }
  }
  const pairs = ours.slice(0, begin).map((token, at) => [token, theirs[at]])
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i].name === b[j].name) pairs.push([a[i++], b[j++]])
    else if (j >= b.length || (i < a.length && best[i + 1][j] >= best[i][j + 1])) pairs.push([a[i++], undefined])
    else pairs.push([undefined, b[j++]])
  }
  for (let at = end; at > 0; at -= 1) pairs.push([ours.at(-at), theirs.at(-at)])
  return pairs
}

function maps(where, ours, theirs, found) {
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [one, other] = [ours.get(name), theirs.get(name)]
    if (one !== other) found.push(`${where} ${name}: ${one ?? 'none'} | ${other ?? 'none'}`)
  }
}

function differences(ours, theirs) {
  const found = []
  for (const [one, other] of paired(ours, theirs)) {
    if (!one || !other) {
      const { name, attributes: has, words } = one ?? other
      const shown = [...has].slice(0, 2).map(([key, value]) => ` ${key}=${value.slice(0, 30)}`).join('')
      found.push(`<${name}${shown}> ${words.slice(0, 30)}`.trim() + ` | ${one ? 'ours alone' : 'theirs alone'}`)
      continue
    }
    if (one.rules) {
      const [a, b] = [one.rules, other.rules]
      for (const rule of a.filter((rule) => !b.includes(rule))) found.push(`<style>: ${rule} | ours alone`)
      for (const rule of b.filter((rule) => !a.includes(rule))) found.push(`<style>: ${rule} | theirs alone`)
    } else if (one.words !== other.words) {
      found.push(`words after <${one.name}>: ${one.words.slice(0, 60)} | ${other.words.slice(0, 60)}`)
    }
    const [a, b] = [new Map(one.attributes), new Map(other.attributes)]
    maps(`<${one.name}> style`, declarations(a.get('style') ?? ''), declarations(b.get('style') ?? ''), found)
    for (const map of [a, b]) {
      map.delete('style')
      const names = (map.get('class') ?? '').split(/\s+/).filter(Boolean)
      if (names.length) map.set('class', names.sort().join(' '))
      else map.delete('class')
      for (const name of ['bgcolor', 'fillcolor', 'color']) if (map.has(name)) map.set(name, colour(map.get(name)))
    }
    maps(`<${one.name}>`, a, b, found)
  }
  return found
}

const listed = (tokens, name, attribute) =>
  tokens.filter((token) => token.name === name).map((token) => token.attributes.get(attribute))
const words = (tokens) => plain(tokens.filter((token) => token.name !== 'style').map((token) => token.words).join(' '))

for (const file of files) {
  const name = `${basename(dirname(dirname(dirname(file))))}, ${basename(dirname(file))}`
  const { html, errors } = await mjml2html(readFileSync(file, 'utf8'), { validationLevel: 'soft', fonts: {} })
  const [ours, theirs] = [read(readFileSync(`${file}.html`, 'utf8')), read(html)]
  const found = differences(ours, theirs)
  for (const [what, tag, attribute] of [['links', 'a', 'href'], ['pictures', 'img', 'src'], ['what pictures show', 'img', 'alt']]) {
    const [a, b] = [listed(ours, tag, attribute), listed(theirs, tag, attribute)]
    if (a.join('\n') !== b.join('\n')) found.push(`${what}: ${a.length} of ours are not the ${b.length} of theirs`)
  }
  if (words(ours) !== words(theirs)) found.push('words: not the same')
  found.push(...errors.map((error) => `npm mjml says: ${error.message}`))
  const unexplained = found.filter((difference) => {
    const entries = allowed.filter((entry) => entry.matches.test(difference))
    for (const entry of entries) entry.used += 1
    return entries.length === 0
  })
  const count = `${ours.length} tags, ${listed(ours, 'a', 'href').length} links, ${listed(ours, 'img', 'src').length} pictures`
  if (unexplained.length === 0) console.log(`ok mjml, ${name}: as npm mjml has it (${count}; ${found.length} differences, all explained)`)
  else {
    console.log(`FAILED mjml, ${name}: ${unexplained.length} differences that are not explained`)
    const counted = new Map()
    for (const difference of unexplained) counted.set(difference, (counted.get(difference) ?? 0) + 1)
    for (const [difference, times] of [...counted].slice(0, 40)) console.log(`   ${times} × ${difference}`)
  }
}
const idle = allowed.filter((entry) => entry.used === 0)
console.log(
  idle.length === 0
    ? `ok mjml: each of the ${allowed.length} differences that are explained is met`
    : `FAILED mjml: explained and never met: ${idle.map((entry) => entry.pattern).join('; ')}`,
)
