// Chromium shows the mails and our pages; axe-core looks for what shuts people out.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { PEERS_NODE, PEERS_WORK, PEERS_ROOT, LETTERPRESS, PEERS_CHROMIUM } = process.env;
const require = createRequire(join(PEERS_NODE, "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const shots = join(PEERS_ROOT, "target/peers");
mkdirSync(shots, { recursive: true });

async function check(name, body) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${String(error.message ?? error).split("\n")[0].slice(0, 600)}`);
  }
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

const browser = await chromium.launch({
  executablePath: PEERS_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

// A page in which only this machine answers; what it asked of others is noted.
async function opened(url, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const asked = [], errors = [];
  await page.route("**/*", (route) => {
    const target = new URL(route.request().url());
    if (["file:", "data:", "blob:", "about:"].includes(target.protocol) || target.hostname === "127.0.0.1") {
      return route.continue();
    }
    asked.push(target.href);
    return route.abort();
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url, { waitUntil: "load", timeout: 30000 });
  return { page, asked, errors, close: () => context.close() };
}

async function violations(page, options = {}) {
  await page.evaluate(AXE);
  const found = await page.evaluate((options) => globalThis.axe.run(document, options), options);
  return found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].target.join(" ")} ${one.nodes[0].any[0]?.message ?? ""}`);
}

async function fits(page) {
  const size = await page.evaluate(() => {
    const root = document.documentElement;
    return { page: root.scrollWidth, window: root.clientWidth };
  });
  expect(size.page <= size.window, `the page is ${size.page} wide in a window of ${size.window}`);
}

for (const [name, folder] of [["plain text", "plain"], ["markdown", "markdown"]]) {
  const file = join(PEERS_WORK, "built", folder, "email.html");
  const pictures = [...readFileSync(file, "utf8").matchAll(/<img[^>]*\ssrc="(https?:[^"]+)"/g)]
    .map((found) => found[1].replaceAll("&amp;", "&"));
  for (const width of [375, 700]) {
    for (const scheme of ["light", "dark"]) {
      const at = `chromium: ${name}: ${width} px, ${scheme}`;
      const { page, asked, errors, close } = await opened(pathToFileURL(file).href, width, scheme);
      await page.screenshot({ path: join(shots, `${folder}-${width}-${scheme}.png`), fullPage: true });
      await check(`${at}: nothing is wider than the window`, () => fits(page));
      await check(`${at}: one h1, and it can be seen`, async () => {
        const headings = page.locator("h1");
        expect(await headings.count() === 1, `${await headings.count()} h1`);
        expect(await headings.first().isVisible(), "the h1 is hidden");
      });
      await check(`${at}: nothing is asked of another machine but the article's pictures`, async () => {
        const others = asked.filter((url) => !pictures.includes(url));
        expect(others.length === 0, others.join(" "));
        expect(errors.length === 0, errors.join(" "));
      });
      await check(`${at}: axe finds nothing serious, contrast included`, async () => {
        const found = await violations(page);
        expect(found.length === 0, found.join("; "));
      });
      if (scheme === "dark") {
        await check(`${at}: it is dark`, async () => {
          const light = await page.evaluate(() => {
            let node = document.querySelector("h1");
            while (node && getComputedStyle(node).backgroundColor === "rgba(0, 0, 0, 0)") node = node.parentElement;
            const parts = getComputedStyle(node ?? document.body).backgroundColor.match(/\d+/g).map(Number);
            return (parts[0] + parts[1] + parts[2]) / 3;
          });
          expect(light < 90, `the ground behind the h1 has a mean of ${light}`);
        });
      }
      await close();
    }
  }
}

// Starts the program and waits until it tells the address of its page.
function started(args, cwd) {
  const child = spawn(LETTERPRESS, args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  const address = new Promise((resolve, reject) => {
    let said = "";
    const late = setTimeout(() => reject(new Error(`no address within 30 s: ${said}`)), 30000);
    child.stderr.on("data", (bytes) => {
      said += bytes;
      const found = said.match(/at (http:\/\/127\.0\.0\.1:\d+\/)/);
      if (found) { clearTimeout(late); resolve(found[1]); }
    });
    child.on("exit", () => { clearTimeout(late); reject(new Error(`it ended: ${said}`)); });
  });
  const end = async () => {
    child.kill("SIGINT");
    const late = setTimeout(() => child.kill("SIGKILL"), 15000);
    const code = await ended;
    clearTimeout(late);
    return code;
  };
  return { address, end };
}

const pages = [
  ["studio", ["preview", join(PEERS_ROOT, "articles/every-block.md"), "--list", join(PEERS_WORK, "readers.csv"), "--port", "0"], ""],
  ["inbox", ["demo"], "inbox/"],
];
for (const [name, args, path] of pages) {
  const program = started(args, join(PEERS_WORK, "pages"));
  try {
    const address = await program.address;
    for (const width of [375, 1200]) {
      for (const scheme of ["light", "dark"]) {
        const at = `chromium: the ${name}: ${width} px, ${scheme}`;
        const { page, asked, errors, close } = await opened(address + path, width, scheme);
        await page.waitForFunction(() => document.body.innerText.trim().length > 100, null, { timeout: 15000 });
        if (name === "inbox") {
          await page.waitForFunction(() => document.body.innerText.includes("Microneedling"), null, { timeout: 15000 });
        } else {
          await page.waitForFunction(() => [...document.querySelectorAll("iframe")].length > 0, null, { timeout: 15000 });
        }
        await page.screenshot({ path: join(shots, `${name}-${width}-${scheme}.png`) });
        await check(`${at}: nothing is wider than the window`, () => fits(page));
        await check(`${at}: axe finds nothing serious`, async () => {
          // The mail in the frame has been looked at by itself.
          const found = await violations(page, { iframes: false });
          expect(found.length === 0, found.join("; "));
        });
        await check(`${at}: no script fails, and no other machine is asked but for pictures of the mail`, async () => {
          const others = asked.filter((url) => !url.startsWith("https://example.com/images/"));
          expect(others.length === 0, others.join(" "));
          expect(errors.length === 0, errors.join(" "));
        });
        await close();
      }
    }
  } catch (error) {
    console.log(`FAILED chromium: the ${name}: ${String(error.message).split("\n")[0]}`);
  } finally {
    const code = await program.end();
    await check(`the ${name} ends well at Ctrl-C`, () => expect(code === 0, `it ended with ${code}`));
  }
}
await browser.close();
