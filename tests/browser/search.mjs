// Searches the built pages in headless Chromium as files, without a server, and writes what it finds as JSON.
// node search.mjs CHROMIUM SITE WORDS
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [chromium, site, words] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: chromium,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const page = await browser.newPage();
const messages = [];
page.on("console", (m) => messages.push(`${m.type()}: ${m.text()}`));
page.on("pageerror", (e) => messages.push(`error: ${e.message}`));
await page.goto(`${pathToFileURL(`${site}/search.html`).href}?q=${encodeURIComponent(words)}`);
await page.waitForFunction(() => /found/i.test(document.querySelector("#search-results p")?.textContent ?? ""), {
  timeout: 30_000,
});
const found = await page.evaluate(() => ({
  summary: document.querySelector("#search-results p").textContent,
  pages: [...document.querySelectorAll("#search-results li a")].map((a) => a.getAttribute("href")),
}));
await browser.close();
console.log(JSON.stringify({ ...found, messages }));
