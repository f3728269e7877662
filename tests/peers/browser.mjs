// What the checks in Chromium have in common: a line for each check, pages in which only
// this machine answers, and programs that are ended by whoever started them.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

const { PEERS_NODE, PEERS_ROOT, LETTERPRESS, PEERS_CHROMIUM } = process.env;
const require = createRequire(join(PEERS_NODE, "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const shots = join(PEERS_ROOT, "target/peers");
mkdirSync(shots, { recursive: true });

export async function check(name, body) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAILED ${name}: ${String(error.message ?? error).split("\n")[0].slice(0, 600)}`);
  }
}

export function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

export const browser = await chromium.launch({
  executablePath: PEERS_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

// A page in which only this machine answers; what it asked of others is noted.
export async function opened(url, width, colorScheme, more = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, ...more });
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

// What axe-core finds that is serious or worse; or of the impacts that are named.
export async function violations(page, options = {}, impacts = ["serious", "critical"]) {
  await page.evaluate(AXE);
  const found = await page.evaluate((options) => globalThis.axe.run(document, options), options);
  return found.violations
    .filter((one) => impacts.includes(one.impact))
    .map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].target.join(" ")} ${one.nodes[0].any[0]?.message ?? ""}`);
}

export async function fits(page) {
  const size = await page.evaluate(() => {
    const root = document.documentElement;
    return { page: root.scrollWidth, window: root.clientWidth };
  });
  expect(size.page <= size.window, `the page is ${size.page} wide in a window of ${size.window}`);
}

// Starts the program and waits until it tells the address of its page.
export function started(args, cwd) {
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
