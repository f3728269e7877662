// Chromium shows the mails and our pages; axe-core looks for what shuts people out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { browser, check, expect, fits, opened, shots, started, violations } from "./browser.mjs";

const { PEERS_WORK, PEERS_ROOT } = process.env;

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
