// Opens a report in headless Chromium, wide, narrow, dark and printed, and writes what it finds as JSON.
// node examine.mjs CHROMIUM REPORT.html [DIRECTORY FOR SCREENSHOTS]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [chromium, report, pictures] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");
const modes = {
  wide: { width: 1280, scheme: "light", media: "screen" },
  narrow: { width: 390, scheme: "light", media: "screen" },
  dark: { width: 1280, scheme: "dark", media: "screen" },
  print: { width: 794, scheme: "dark", media: "print" },
};
const browser = await puppeteer.launch({
  executablePath: chromium,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const found = {};
for (const [name, mode] of Object.entries(modes)) {
  const page = await browser.newPage();
  const messages = [];
  page.on("console", (m) => messages.push(`${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => messages.push(`error: ${e.message}`));
  page.on("requestfailed", (r) => messages.push(`failed: ${r.url()}`));
  await page.setViewport({ width: mode.width, height: 900, deviceScaleFactor: 1 });
  const session = await page.createCDPSession();
  const features = [{ name: "prefers-color-scheme", value: mode.scheme }];
  await session.send("Emulation.setEmulatedMedia", { media: mode.media, features });
  await page.goto(pathToFileURL(report).href);
  const seen = await page.evaluate(() => {
    const box = (e) => e.getBoundingClientRect();
    return {
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      background: getComputedStyle(document.body).backgroundColor,
      headings: [...document.querySelectorAll("h1, h2, h3, h4")].map((h) => Number(h.tagName[1])),
      figures: [...document.querySelectorAll("figure")].map((f) => {
        const svg = f.querySelector("svg");
        const { width, height } = box(svg);
        const filled = [...svg.querySelectorAll("path, use")].filter((e) => box(e).width > 0).length;
        return {
          width,
          height,
          pixelsPerPoint: width / svg.viewBox.baseVal.width,
          shapes: filled,
          name: f.querySelector("[role=img]").getAttribute("aria-label"),
          fills: [...new Set([...svg.querySelectorAll("path, use")].map((e) => getComputedStyle(e).fill))],
        };
      }),
      folded: [...document.querySelectorAll("details > *:not(summary)")].map((e) => e.checkVisibility()),
    };
  });
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run());
  const violations = result.violations.map((v) => ({
    id: v.id,
    help: v.help,
    nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)),
  }));
  found[name] = { ...seen, messages, violations, passed: result.passes.map((p) => p.id) };
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found));
