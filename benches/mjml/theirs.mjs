// How long npm's mjml takes for MJML files, warm.
//
// Arguments: the folder with its package.json, seconds to spend on each file, then the
// files. Prints one line a file: the median in microseconds and the size of the HTML.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [home, seconds, ...files] = process.argv.slice(2);
const require = createRequire(join(home, "package.json"));
const loaded = require("mjml");
const mjml2html = loaded.default ?? loaded;

for (const file of files) {
  const mjml = readFileSync(file, "utf8");
  const times = [];
  let size = 0;
  // The first renders compile the program; they do not count.
  for (let turn = 0; turn < 200; turn += 1) await mjml2html(mjml, { validationLevel: "skip" });
  const end = process.hrtime.bigint() + BigInt(Math.round(Number(seconds) * 1e9));
  while (process.hrtime.bigint() < end || times.length < 20) {
    const start = process.hrtime.bigint();
    const { html } = await mjml2html(mjml, { validationLevel: "skip" });
    times.push(Number(process.hrtime.bigint() - start) / 1e3);
    size = html.length;
  }
  times.sort((a, b) => a - b);
  console.log(`${Math.round(times[Math.floor(times.length / 2)])} ${size}`);
}
