// Readers leave in Chromium, on the pages that `letterpress serve` serves and with the
// links of mails that were really sent: without a script, in light and dark, on a phone
// and on a desk. axe-core looks at every page.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { browser, check, expect, fits, opened, shots, started, violations } from "./browser.mjs";

const { PEERS_WORK, LETTERPRESS } = process.env;
const EVERY_IMPACT = ["minor", "moderate", "serious", "critical"];
const VIEWS = [[375, "light"], [375, "dark"], [1280, "light"], [1280, "dark"]];
// Enough for the newsletters that only try names, languages and accents.
const SOME_VIEWS = [[375, "light"], [1280, "dark"]];

const NEWSLETTERS = [
  {
    id: "skin-letter", name: "The Skin Letter", lang: "en", whole: true,
    more: 'postal_address = "Northgate Skin Clinic, 14 Example Street, Exampleton"\nurl = "https://example.com/"\n',
  },
  {
    id: "langsam", lang: "de", whole: false,
    name: "Der außerordentlich langsame Sonntagsbrief der Gesellschaft für Schriftsatz, Sauerteig und Donaudampfschifffahrt",
    more: 'accent = "#FFFF00"\npostal_address = "Typengasse 12, 1000 Musterstadt"\n',
  },
  {
    id: "lent", name: "דימאנש lent", lang: "fr", whole: false,
    more: 'accent = "#000000"\npostal_address = "12 rue des Types, 1000 Exempleville"\n',
  },
];

const freePort = () => new Promise((resolve, reject) => {
  const server = createServer();
  server.on("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const letterpress = (folder, ...args) => execFileSync(LETTERPRESS, args, { cwd: folder, stdio: "pipe", timeout: 60000 });

// The links by which the readers of all caught mails leave, by their addresses.
function links(folder) {
  const found = new Map();
  for (const part of ["new", "cur"]) {
    for (const file of readdirSync(join(folder, "inbox", part))) {
      const mail = readFileSync(join(folder, "inbox", part, file), "utf8").split(/\r?\n\r?\n/, 1)[0].replace(/\r?\n[ \t]+/g, " ");
      const header = (name) => mail.match(new RegExp(`^${name}: *(.*)$`, "mi"))?.[1] ?? "";
      const address = header("To").match(/[^\s<>]+@[^\s<>]+/)?.[0];
      found.set(address, header("List-Unsubscribe").match(/<(https?:[^>]+)>/)?.[1]?.replaceAll(" ", ""));
    }
  }
  return found;
}

// A page as a reader with this window sees it, and as axe-core does.
async function looked(at, reader, name, { heading }) {
  const { page, width, scheme, language } = reader;
  await check(`${at}: one h1, a title and a language`, async () => {
    const title = await page.title();
    const headings = await page.locator("h1").allInnerTexts();
    expect(headings.length === 1 && headings[0].trim().length > 3, `h1: ${headings}`);
    expect(title.length > 5 && title.includes(" – "), `title: ${title}`);
    expect((await page.locator("html").getAttribute("lang")) === language, "another language");
    if (heading) expect(headings[0] === heading, `it says "${headings[0]}"`);
    expect(!(await page.content()).includes(reader.local), "the whole address stands on the page");
  });
  await check(`${at}: its own style sheet passes its own policy`, async () => {
    const [paper, ink] = await page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return [style.backgroundColor, style.color].map((colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0) / 3);
    });
    expect(scheme === "dark" ? paper < 60 && ink > 180 : paper > 200 && ink < 90, `ink ${ink} on ${paper}`);
  });
  await check(`${at}: fits, and every target is 52 px high`, async () => {
    for (const narrow of [320, width]) {
      await page.setViewportSize({ width: narrow, height: 760 });
      await fits(page);
    }
    const low = await page.evaluate(() => [...document.querySelectorAll("a, button, textarea, label.pick")]
      .map((one) => [one.textContent.trim(), one.getBoundingClientRect().height])
      .filter(([, height]) => height < 51.9));
    expect(low.length === 0, low.join("; "));
  });
  await page.screenshot({ path: join(shots, `leaving-${reader.id}-${name}-${width}-${scheme}.png`), fullPage: true });
  await check(`${at}: axe finds nothing at all`, async () => {
    // axe-core is a script, and the reader's window runs none.
    const other = await browser.newContext({ viewport: { width, height: 760 }, colorScheme: scheme, bypassCSP: true });
    try {
      const copy = await other.newPage();
      await copy.setContent(await page.content(), { waitUntil: "load" });
      const found = await violations(copy, {}, EVERY_IMPACT);
      expect(found.length === 0, found.join("; "));
    } finally {
      await other.close();
    }
  });
}

async function leaves(newsletter, link, testLink, address, width, scheme) {
  const { page, asked, close } = await opened(link, width, scheme, { javaScriptEnabled: false });
  const reader = { page, width, scheme, language: newsletter.lang, id: newsletter.id, local: address.split("@")[0] };
  const at = (name) => `leaving: ${newsletter.id}: ${name}, ${width} px, ${scheme}`;
  const whole = newsletter.whole;
  const press = (selector) => Promise.all([page.waitForNavigation({ timeout: 20000 }), page.click(selector)]);
  try {
    await looked(at("whether to leave"), reader, "ask", {});
    await check(at("the button is reached and seen by keyboard, and leaves"), async () => {
      for (let tabs = 0; tabs < 3 && !(await page.locator("button:focus").count()); tabs += 1) await page.keyboard.press("Tab");
      const ring = await page.locator("button:focus").evaluate((button) => getComputedStyle(button).outlineWidth);
      expect(Number.parseFloat(ring) >= 3, `a ring of ${ring}`);
      await Promise.all([page.waitForNavigation({ timeout: 20000 }), page.keyboard.press("Enter")]);
    });
    await looked(at("left"), reader, "left", { heading: whole && "You are unsubscribed" });
    if (whole) {
      await page.click("label.pick >> nth=1");
      await page.fill("textarea", "It was <b>good</b> & long.");
      await check(at("a choice shows"), async () => {
        expect(await page.locator("input[value=not-for-me]").isChecked(), "it is not chosen");
        const width = await page.locator("input[value=not-for-me]").evaluate((one) => getComputedStyle(one).borderTopWidth);
        expect(Number.parseFloat(width) > 5, `its edge is ${width}`);
      });
      await page.screenshot({ path: join(shots, `leaving-${newsletter.id}-chosen-${width}-${scheme}.png`), fullPage: true });
      await press("form[action^='../w/'] button");
      await looked(at("said why"), reader, "thanks", { heading: "Thank you for telling us" });
      await press("form[action^='../r/'] button");
      await looked(at("back again"), reader, "back", { heading: "Good to have you back" });
      const undo = page.url();
      await press("section a");
      await looked(at("whether to leave after all"), reader, "again", {});
      await page.goto(undo);
      await looked(at("whether to come back"), reader, "ask-back", {});
      await press("button");
      await looked(at("nothing to undo"), reader, "not-back", { heading: "There is nothing to undo here" });
      await page.goto(testLink);
      await looked(at("a test mail"), reader, "test", { heading: "This link is from a test mail" });
      await press("button");
      await looked(at("a test mail's button"), reader, "tested", { heading: "The button works" });
    }
    await page.goto(link.slice(0, -5));
    await looked(at("a link that was cut off"), reader, "unknown", {});
    await check(at("nothing is asked of another machine"), () => expect(asked.length === 0, asked.join(" ")));
  } catch (error) {
    console.log(`FAILED ${at("a reader leaves")}: ${String(error.message).split("\n")[0]}`);
  } finally {
    await close();
  }
}

// Somebody else keeps the database to themselves for as long as `body` takes.
async function withLock(folder, body) {
  const database = readdirSync(join(folder, "state")).find((file) => file.endsWith(".db") || file.endsWith(".sqlite"));
  const keeper = spawn("python3", ["-c",
    "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\nprint('kept', flush=True)\nsys.stdin.read()",
    join(folder, "state", database)], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => keeper.on("exit", resolve));
  try {
    await new Promise((resolve, reject) => { keeper.stdout.once("data", resolve); keeper.once("exit", () => reject(new Error("the database was not kept"))); });
    await body();
  } finally {
    keeper.stdin.end();
    await ended;
  }
}

async function troubled(newsletter, folder, link) {
  await withLock(folder, async () => {
    for (const [width, scheme] of VIEWS) {
      const at = `leaving: ${newsletter.id}: trouble, ${width} px, ${scheme}`;
      const { page, close } = await opened(link, width, scheme, { javaScriptEnabled: false });
      try {
        await Promise.all([page.waitForNavigation({ timeout: 60000 }), page.click("button")]);
        const reader = { page, width, scheme, language: newsletter.lang, id: newsletter.id, local: "nobody" };
        await looked(at, reader, "trouble", { heading: "That did not work just now" });
      } catch (error) {
        console.log(`FAILED ${at}: ${String(error.message).split("\n")[0]}`);
      } finally {
        await close();
      }
    }
  });
}

for (const newsletter of NEWSLETTERS) {
  const folder = join(PEERS_WORK, `leaving-${newsletter.id}`);
  mkdirSync(folder, { recursive: true });
  const [pages, health, smtp] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, "newsletter.toml"), `id = "${newsletter.id}"
name = "${newsletter.name}"
from = "The editors <news@example.com>"
lang = "${newsletter.lang}"
base_url = "http://127.0.0.1:${pages}/"
unsubscribe_address = "leave@example.com"
state_dir = "state"
${newsletter.more}
[relay]
url = "smtp://127.0.0.1:${smtp}"
[serve]
listen = "127.0.0.1:${pages}"
health = "127.0.0.1:${health}"
[inbox]
dir = "inbox"
smtp = "127.0.0.1:${smtp}"
http = "127.0.0.1:0"
`);
  const views = newsletter.whole ? VIEWS : SOME_VIEWS;
  const people = views.map(([width, scheme]) => `reader-${width}-${scheme}@example.com`);
  writeFileSync(join(folder, "list.csv"), ["email", ...people, ""].join("\n"));
  writeFileSync(join(folder, "october.md"), "# The October letter\n\nIt rains.\n");
  const ending = [];
  try {
    letterpress(folder, "state", "new");
    for (const command of ["inbox", "serve"]) {
      const program = started([command], folder);
      ending.unshift([command, program.end]);
      await program.address;
    }
    letterpress(folder, "test", "october.md", "--to", "tester@example.com");
    letterpress(folder, "send", "october.md", "--list", "list.csv", "--yes");
    const found = links(folder);
    const testLink = found.get("tester@example.com");
    await check(`leaving: ${newsletter.id}: every mail has its link`, () => {
      expect(testLink && people.every((one) => found.get(one)), [...found].join("; "));
    });
    for (const [index, [width, scheme]] of views.entries()) {
      await leaves(newsletter, found.get(people[index]), testLink, people[index], width, scheme);
    }
    if (newsletter.whole) await troubled(newsletter, folder, found.get(people[0]));
  } catch (error) {
    const said = String(error.stderr ?? "").trim().split("\n")[0];
    console.log(`FAILED leaving: ${newsletter.id}: ${said || String(error.message).split("\n")[0]}`);
  } finally {
    for (const [command, end] of ending) {
      const code = await end();
      await check(`leaving: ${newsletter.id}: ${command} ends well at Ctrl-C`, () => expect(code === 0, `it ended with ${code}`));
    }
  }
}
await browser.close();
