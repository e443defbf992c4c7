// Walks through the studio in an unchanged Firefox, with simulated images whose true label maps are the results: open,
// size, results, zoom, correct with undo, reload, export. What learns is walked in Chromium (walk.mjs).
//
// usage: node walk_firefox.mjs PROGRAM NODE_MODULES RESULTS_XML
//
// Exit code 77 where Firefox is missing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFirefox } from "./firefox.mjs";
import { ends, middleOf, shownObjects, until } from "./walk_page.mjs";
import { serveStudio, skip } from "./walk_program.mjs";

const [program, modules, resultsXml] = process.argv.slice(2);
const firefoxProgram = ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);
if (!firefoxProgram) skip(resultsXml, "walk_firefox", "Firefox is missing (Debian: firefox-esr)");

const root = mkdtempSync(join(tmpdir(), "priorseg-studio-"));
const folder = join(root, "images");
const output = join(folder, "priorseg-output");
const side = 256;
let server;
let firefox;

const counted = (page, text) => until(page, (wanted) => [...document.querySelectorAll(".panel p")].some((p) => p.textContent === wanted && p.offsetParent), text);

async function go(page, step) {
  await page.click(`nav a[data-step=${step}]`);
  await until(page, (of) => document.querySelector(`nav a[data-step=${of}][aria-current]`) !== null, step);
  await page.waitForTimeout(1000);
}

/** Where a point of the image lies on the screen while the whole image is shown. */
async function onScreen(page, { x, y }) {
  const { box } = await page.placeOf(".viewer");
  const scale = Math.min(box.width, box.height) / side;
  return { x: box.x + (box.width - side * scale) / 2 + x * scale, y: box.y + (box.height - side * scale) / 2 + y * scale };
}

/** How bright the middle of the shown image is on the average, 0 to 255. */
const brightness = (page) =>
  page.evaluate(() => {
    const canvas = [...document.querySelectorAll("canvas.shown-image")].find((shown) => shown.offsetParent);
    const { data } = canvas.getContext("2d").getImageData(canvas.width / 4, canvas.height / 4, canvas.width / 2, canvas.height / 2);
    return data.reduce((sum, value, index) => sum + (index % 4 === 0 ? value : 0), 0) / (data.length / 4);
  });

async function opens(page) {
  await page.click("button.folder", "priorseg-studio-");
  await page.click("button.folder", "images");
  await page.click("button", "Open these 2 images");
  await until(page, () => document.querySelectorAll(".thumbnails img").length === 2);
  await until(page, async () => (await (await fetch("api/state")).json()).look !== null, null, 120000);
  await until(page, () => [...document.querySelectorAll(".thumbnails img")].every((image) => image.complete && image.naturalWidth > 0));
  await ends(page);
}

async function dragsARing(page) {
  await go(page, "size");
  const { min, max } = await page.evaluate(() => Object.fromEntries(["min", "max"].map((name, index) => [name, Number(document.querySelectorAll(".panel input.number")[index].value)])));
  const gap = max * 0.15 + 4;
  const centre = { x: (side - min - max - gap) / 2 + min + gap + max / 2, y: side / 2 };
  await page.drag([await onScreen(page, { x: centre.x, y: centre.y - max / 2 }), await onScreen(page, { x: centre.x, y: centre.y - max / 2 - 5 })]);
  await until(page, async (wanted) => Math.abs((await (await fetch("api/state")).json()).choices.size?.max - wanted) < 2, max + 10);
}

async function looks(page) {
  await go(page, "results");
  const objects = await shownObjects(page);
  await counted(page, `${objects.rows.length} objects`);
  await until(page, () => [...document.querySelectorAll("canvas.shown-image")].some((canvas) => canvas.offsetParent));
  assert.ok((await brightness(page)) > 3, "the image is drawn");
  const first = middleOf(objects, 0);
  await page.drag([await onScreen(page, first)]);
  await until(page, (label) => document.querySelector(".measured").textContent.startsWith(`Object ${label}`), first.label);
  const middle = await page.placeOf(".viewer");
  await page.wheel(middle, -300);
  await page.waitForTimeout(800);
  await page.drag([middle, { x: middle.x + 40, y: middle.y + 20 }]);
  await page.waitForTimeout(800);
  assert.ok((await brightness(page)) > 3);
  await page.click("button", "All");
  await page.waitForTimeout(800);
  return { ...objects, total: objects.rows.length };
}

async function corrects(page, { image, total, ...objects }) {
  await go(page, "correct");
  const largest = objects.rows.map((_, row) => middleOf(objects, row)).sort((a, b) => b.area - a.area)[0];
  await page.press("Escape");
  await page.drag([await onScreen(page, largest)]);
  await until(page, (label) => document.querySelector(".measured").textContent.startsWith(`Object ${label}`), largest.label);
  await page.press("Delete");
  await counted(page, `${total - 1} objects`);
  await page.press("Control+z");
  await counted(page, `${total} objects`);
  await page.press("y");
  await counted(page, `${total - 1} objects`);
  await page.press("z");
  await counted(page, `${total} objects`);
  await page.press("s");
  const reach = Math.sqrt(largest.area) * 1.2;
  await page.drag([await onScreen(page, { x: largest.x, y: Math.max(1, largest.y - reach) }), await onScreen(page, { x: largest.x, y: Math.min(side - 1, largest.y + reach) })]);
  await counted(page, `${total + 1} objects`);
  await page.reload();
  await until(page, async (of) => (await (await fetch(`api/objects/${of}`)).json()).can_undo, image);
  return total + 1;
}

async function exports(page, image, total) {
  await go(page, "export");
  await page.click("button", "Write results");
  await until(page, () => /Done: wrote 2 images/.test(document.body.textContent));
  const table = readFileSync(join(output, "corrected/objects.csv"), "utf8").split("\n").filter((line) => line.startsWith(`sim_00${image},`));
  assert.equal(table.length, total);
  assert.deepEqual(readdirSync(join(output, "corrected/labels")).sort(), ["sim_000.tif", "sim_001.tif"]);
}

try {
  execFileSync(program, ["simulate", "-n", "2", "--image-size", `${side}x${side}`, "--seed", "5", "-o", join(root, "made")]);
  renameSync(join(root, "made/images"), folder);
  mkdirSync(output);
  renameSync(join(root, "made/labels"), join(output, "labels"));
  const started = await serveStudio(program, root);
  server = started.server;
  firefox = await startFirefox(firefoxProgram, modules);
  const { page } = firefox;
  await page.goto(started.url);
  const step = async (name, act) => {
    console.log(name);
    return act();
  };
  await step("open", () => opens(page));
  await step("size", () => dragsARing(page));
  const objects = await step("results", () => looks(page));
  const total = await step("correct", () => corrects(page, objects));
  await step("export", () => exports(page, objects.image, total));
  assert.deepEqual(page.faults, []);
  console.log("1 passed, 0 failed");
} finally {
  await firefox?.end();
  server?.kill();
  rmSync(root, { recursive: true, force: true });
}
