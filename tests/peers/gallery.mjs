// The pictures of the themes in docs/, which README.md shows: built by the program, drawn by
// Chromium twice as large as they are shown, and written as WebP.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

import { browser, check, expect, opened } from "./browser.mjs";

const { LETTERPRESS, PEERS_ROOT, PEERS_WORK } = process.env;

// Theme, article, width, scheme, and the width of the picture in pixels.
const PICTURES = [
  ["letter", "the-last-ferry", 700, "light", 1000],
  ["card", "small-needles", 375, "dark", 560],
  ["digest", "merge-window", 700, "dark", 1000],
  ["clean", "small-needles", 375, "light", 560],
];
// In proportion to its width; those of phones are as high as those of wide windows beside them.
const HEIGHT = { 700: 1.4, 375: 2.5 };
const LARGEST = 150 * 1024;

// Draws a picture smaller, and writes it as WebP.
async function webp(page, png, width) {
  const address = await page.evaluate(async ([png, width]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = Math.round(image.naturalHeight * width / image.naturalWidth);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/webp", 0.82);
  }, [png.toString("base64"), width]);
  return Buffer.from(address.split(",")[1], "base64");
}

const folder = join(PEERS_WORK, "gallery");
cpSync(join(PEERS_ROOT, "articles"), join(folder, "articles"), { recursive: true });
for (const [theme, article, width, scheme, drawn] of PICTURES) {
  const name = `theme-${theme}.webp`;
  await check(`gallery: ${name}`, async () => {
    const source = join(folder, `articles/${article}.md`);
    // The theme an article asks for itself is the first to count.
    const text = readFileSync(source, "utf8").replace(/^theme\s*[:=].*\n/m, "");
    writeFileSync(source, text);
    const settings = readFileSync(join(PEERS_ROOT, "newsletter.toml"), "utf8")
      .replace(/^theme = ".*"$/m, `theme = "${theme}"`)
      .replace(/^# (assets_url = )/m, "$1")
      .replace(/^# (tagline = )/m, "$1");
    writeFileSync(join(folder, "newsletter.toml"), settings);
    const out = join(folder, theme);
    mkdirSync(out, { recursive: true });
    const built = spawnSync(LETTERPRESS, ["build", source, "--out", out, "--assets", join(out, "images")],
      { cwd: folder, encoding: "utf8" });
    expect(built.status === 0, built.stderr);
    const view = await opened(pathToFileURL(join(out, "email.html")).href, width, scheme, { deviceScaleFactor: 2 });
    await view.page.route(/^https:.*\.(png|jpe?g|gif)$/, (route) =>
      route.fulfill({ path: join(out, "images", new URL(route.request().url()).pathname.split("/").pop()) }));
    await view.page.reload({ waitUntil: "load" });
    const missing = await view.page.evaluate(() => [...document.images].filter((image) => image.naturalWidth === 0).length);
    expect(missing === 0, `${missing} pictures are missing`);
    const clip = { x: 0, y: 0, width, height: Math.round(width * HEIGHT[width]) };
    const picture = await webp(view.page, await view.page.screenshot({ clip, fullPage: true }), drawn);
    expect(picture.length < LARGEST, `it has ${picture.length} bytes`);
    writeFileSync(join(PEERS_ROOT, "docs", name), picture);
    await view.close();
  });
}
await browser.close();
