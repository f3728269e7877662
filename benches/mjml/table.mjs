// The elements, attributes and colours that npm mjml knows, as the table our own check
// of MJML reads.
//
//   node table.mjs NODE            prints the table
//   node table.mjs NODE --check    prints `ok …` or `FAILED …`: whether the one in the
//                                  tree says the same
//
// NODE is a folder with mjml in its node_modules.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [node, check] = process.argv.slice(2)
const require = createRequire(resolve(node, 'node_modules', 'x.js'))
const { components, dependencies } = require('mjml-preset-core')
const colours = require('mjml-core/lib/types/helpers/colors')
const { version } = require('mjml/package.json')
const list = (value) => value.default ?? value

const licence = readFileSync(require.resolve('mjml/package.json').replace(/package\.json$/, 'LICENSE.md'), 'utf8')
const lines = [
  `# The elements of MJML: what npm mjml ${version} says of them.`,
  '# Made by benches/mjml/table.mjs. Do not edit: what is different here stands in',
  '# src/compose/markup/elements.rs. The licence of npm mjml:',
  '#',
  ...licence.trim().split('\n').map((line) => `# ${line}`.trim()),
]
for (const component of [...components].sort((a, b) => (a.componentName < b.componentName ? -1 : 1))) {
  const name = component.componentName
  const children = (list(dependencies)[name] ?? []).filter((child) => typeof child === 'string')
  lines.push('', `${[name, component.endingTag ? 'holds HTML' : ['holds', ...children.sort()].join(' ')].join(': ')}`)
  for (const [attribute, type] of Object.entries(component.allowedAttributes ?? {}).sort()) {
    lines.push(`  ${attribute} ${type}`)
  }
}
lines.push('', `colours: ${list(colours).join(' ')}`, '')
const table = lines.join('\n')

if (!check) {
  process.stdout.write(table)
} else {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
  const ours = readFileSync(join(root, 'src', 'compose', 'markup', 'elements.txt'), 'utf8')
  const known = new Set(ours.split('\n'))
  const new_ = lines.filter((line) => !known.has(line))
  console.log(
    ours === table
      ? `ok mjml: the table of elements is that of npm mjml ${version}`
      : `FAILED mjml: the table of elements is not that of npm mjml ${version}: ${new_.slice(0, 3).join(' | ')}`,
  )
}
