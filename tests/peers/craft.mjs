// Every theme with every example article: mailparser and Python agree on what a mail says,
// axe-core shuts nobody out, and nothing overflows at any width. `craft.py` has built them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

import { browser, check, expect, opened, shots, violations } from "./browser.mjs";

const { PEERS_NODE, PEERS_ROOT, PEERS_WORK } = process.env;
const require = createRequire(join(PEERS_NODE, "package.json"));
const { simpleParser } = require("mailparser");

const index = JSON.parse(readFileSync(join(PEERS_WORK, "craft/index.json"), "utf8"));
const unix = (text) => text?.replaceAll("\r\n", "\n").trimEnd() ?? null;
const folder = join(shots, "craft");
mkdirSync(folder, { recursive: true });

// What people look at: one article that runs from left to right and has every block there
// is, a digest, and one that runs from right to left.
const LOOKED_AT = ["small-needles", "merge-window", "every-block", "garden-in-the-desert"];
const WIDTHS = [320, 375, 700, 1280];
// Body text and all else but the marks of notes (WCAG has no minimum; clients enlarge below).
const LEAST_TEXT = 14;
// A fingertip (Apple's Human Interface Guidelines: 44 points).
const LEAST_TARGET = 44;

async function mailparserReads(raw) {
  const mail = await simpleParser(raw, { skipTextToHtml: true, skipImageLinks: true });
  const people = (field) => field.value.map((one) => [one.name, one.address]);
  const header = (name) => mail.headerLines.find((line) => line.key === name)?.line
    .replace(/\r?\n[ \t]+/g, " ").replace(/^[^:]+:\s*/, "");
  return {
    headers: mail.headerLines.map((line) => line.key),
    subject: mail.subject,
    from: people(mail.from),
    to: people(mail.to),
    date: Math.floor(mail.date.getTime() / 1000),
    id: mail.messageId,
    leave: header("list-unsubscribe"),
    text: unix(mail.text),
    html: unix(mail.html),
    attachments: mail.attachments
      .map((one) => [one.contentType, one.contentId ?? "", createHash("sha256").update(one.content).digest("hex")])
      .sort(),
  };
}

// What is on the page and should not be; an empty list when all is well.
function faults([leastText, leastTarget]) {
  const found = new Set();
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    found.add(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  }
  const shown = (node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const short = (text) => `\`${text.trim().replace(/\s+/g, " ").slice(0, 40)}\``;
  const scrolls = (node) => {
    for (let up = node; up; up = up.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return true;
    }
    return false;
  };
  const column = (node) => {
    let up = node;
    while (up.parentElement && ["inline", "contents"].includes(getComputedStyle(up).display)) up = up.parentElement;
    return up.getBoundingClientRect();
  };
  const cellOf = (node) => (node.closest("td, th") ?? document.body).getBoundingClientRect();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode, parent = text.parentElement;
    if (!text.data.trim() || ["STYLE", "SCRIPT", "TITLE"].includes(parent.tagName) || !shown(parent)) continue;
    const style = getComputedStyle(parent);
    const mark = parent.closest("sup, sub");
    if (!mark && parseFloat(style.fontSize) < leastText) found.add(`${short(text.data)} has ${style.fontSize}`);
    if (scrolls(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const block = column(parent), cell = cellOf(parent);
    // A space at the end of a line of code hangs out of it unseen.
    const hang = style.whiteSpace.startsWith("pre") ? parseFloat(style.fontSize) : 1;
    for (const box of range.getClientRects()) {
      if (box.width === 0) continue;
      for (const [what, around] of [["block", block], ["cell", cell], ["window", { left: 0, right: root.clientWidth }]]) {
        if (box.left < around.left - hang || box.right > around.right + hang) {
          found.add(`${short(text.data)} leaves its ${what}: ${Math.round(box.left)} to ${Math.round(box.right)} `
            + `in ${Math.round(around.left)} to ${Math.round(around.right)}`);
        }
      }
    }
  }
  for (const image of document.images) {
    if (!shown(image)) continue;
    const box = image.getBoundingClientRect(), cell = cellOf(image);
    if (box.left < cell.left - 1 || box.right > cell.right + 1) {
      found.add(`the picture ${image.getAttribute("src")} is ${Math.round(box.width)} wide in a column of ${Math.round(cell.width)}`);
    }
  }
  for (const link of document.querySelectorAll(".btn a")) {
    const box = link.getBoundingClientRect();
    if (shown(link) && box.height < leastTarget) {
      found.add(`the button ${short(link.textContent)} is ${Math.round(box.height)} high`);
    }
  }
  return [...found];
}

// Stands for pictures that are somewhere on the web.
const STAND_IN = `<svg xmlns="http://www.w3.org/2000/svg" width="1120" height="630"><rect width="1120" height="630" fill="#8a9aa0"/>
<circle cx="560" cy="315" r="180" fill="#c9b79c"/></svg>`;

// Shows a mail with its pictures, or without any, as many clients begin.
async function shown(mail, withPictures) {
  const file = join(mail.folder, "email.html");
  const view = await opened(pathToFileURL(file).href, 700, "light");
  // What is registered last is asked first.
  await view.page.route(/\.(png|jpe?g|gif|svg|webp)([?#]|$)/i, (route) => {
    if (!withPictures) return route.abort();
    const url = new URL(route.request().url());
    const name = url.pathname.split("/").pop();
    const made = join(mail.folder, "images", name);
    if (existsSync(made)) return route.fulfill({ path: made });
    return url.protocol === "file:" ? route.abort() : route.fulfill({ contentType: "image/svg+xml", body: STAND_IN });
  });
  await view.page.reload({ waitUntil: "load" });
  return view;
}

for (const mail of index) {
  const name = `craft: ${mail.name}`;
  await check(`${name}: mailparser reads what Python reads, header by header and part by part`, async () => {
    const found = await mailparserReads(readFileSync(join(mail.folder, "email.eml")));
    for (const [what, wanted] of Object.entries(mail.python)) {
      const [ours, theirs] = [JSON.stringify(found[what]), JSON.stringify(wanted)];
      expect(ours === theirs, `${what}: mailparser has ${ours?.slice(0, 200)}, Python has ${theirs.slice(0, 200)}`);
    }
  });

  for (const pictures of [true, false]) {
    const looked = LOOKED_AT.includes(mail.article);
    if (!pictures && !looked) continue;
    const { page, asked, errors, close } = await shown(mail, pictures);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await check(`${name}: ${width} px${pictures ? "" : ", no pictures"}: nothing overflows or is too small`, async () => {
        const found = await page.evaluate(faults, [LEAST_TEXT, LEAST_TARGET]);
        expect(found.length === 0, `${found.length} faults: ${found.slice(0, 4).join("; ")}`);
      });
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        if ((width === 375 || width === 700) && pictures) {
          await check(`${name}: ${width} px, ${colorScheme}: axe finds nothing serious, contrast included`, async () => {
            const found = await violations(page);
            expect(found.length === 0, found.join("; "));
          });
        }
        if (looked) {
          const file = `${mail.name.replaceAll(", ", "-")}-${width}-${colorScheme}${pictures ? "" : "-no-pictures"}.png`;
          await page.screenshot({ path: join(folder, file), fullPage: true });
        }
      }
      await page.emulateMedia({ colorScheme: "light" });
    }
    if (pictures) {
      await check(`${name}: every picture can be seen`, async () => {
        const missing = await page.evaluate(() => [...document.images]
          .filter((image) => image.naturalWidth === 0).map((image) => image.getAttribute("src")));
        expect(missing.length === 0, missing.join(" "));
      });
    }
    await check(`${name}${pictures ? "" : ", no pictures"}: no script, and nothing but pictures is asked for`, async () => {
      const others = asked.filter((url) => !/\.(png|jpe?g|gif|svg|webp)([?#]|$)/i.test(url));
      expect(others.length === 0, others.join(" "));
      expect(errors.length === 0, errors.join(" "));
      expect(await page.locator("script").count() === 0, "there is a script");
    });
    await close();
  }
}
await browser.close();
