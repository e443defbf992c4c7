// Walks through the studio in Chromium as a person does, with simulated images: open, size, learn, look, correct,
// export; reloads in the middle, a second page, a killed program; wrong tokens, hosts and paths.
//
// usage: node walk.mjs PROGRAM NODE_MODULES RESULTS_XML [SCREENSHOTS]
//
// Exit code 77 where Chromium is missing. With SCREENSHOTS each step is pictured there in light and dark.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listsManyImages, looksAtAFilm, takesDroppedFiles, teaches } from "./walk_further.mjs";
import { counted, draw, go, middleOf, onScreen, shownObjects, until } from "./walk_page.mjs";
import { serveStudio, skip } from "./walk_program.mjs";

const [program, modules, resultsXml, screenshots] = process.argv.slice(2);
const require = createRequire(join(modules, "x.js"));
const { chromium } = require("playwright-core");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browserProgram = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!browserProgram) {
  skip(resultsXml, "walk", "Chromium is missing (Debian: chromium)");
}

const tiny = ["prior_masks=200", "prior.steps=60", "detector.training.steps=60", "detector.training.checkpoint_every=20", "detector.self_training.steps=4000"];
const root = mkdtempSync(join(tmpdir(), "priorseg-studio-"));
const folder = join(root, "nuclei of a cell line");
const output = join(folder, "priorseg-output");
let server;
let browser;

async function startStudio() {
  const started = await serveStudio(program, root, tiny);
  server = started.server;
  return started.url;
}

/** The status of a request that a browser would not send. */
function statusOf(url, path, headers = {}, method = "GET", body = "") {
  const { hostname, port } = new URL(url);
  return new Promise((found, failed) => {
    const sent = request({ hostname, port, path, headers, method }, (answer) => {
      answer.resume();
      found(answer.statusCode);
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

async function refusesStrangers(url) {
  const { pathname, host } = new URL(url);
  assert.equal(await statusOf(url, "/"), 404, "no token");
  assert.equal(await statusOf(url, `/${"0".repeat(32)}/api/state`), 404, "a wrong token");
  assert.equal(await statusOf(url, `${pathname}api/state`, { Host: "evil.example" }), 403, "another host");
  assert.equal(await statusOf(url, `${pathname}api/state`, { Origin: "http://evil.example" }), 403, "another origin");
  assert.equal(await statusOf(url, `${pathname}../../etc/passwd`), 404, "a path that leads out");
  assert.equal(await statusOf(url, `${pathname}api/preview/..%2f..%2fmodel.safetensors`), 404, "a preview that is none");
  assert.equal(await statusOf(url, `${pathname}api/browse?folder=${encodeURIComponent(join(root, "../.."))}`), 422, "a folder elsewhere");
  assert.equal(await statusOf(url, `${pathname}api/browse?folder=${encodeURIComponent(`${folder}/../../..`)}`), 422, "a folder above");
  const json = { "Content-Type": "application/json", Origin: `http://${host}` };
  assert.equal(await statusOf(url, `${pathname}api/learn`, { "Content-Type": "text/plain" }, "POST", "{}"), 403, "a form");
  assert.equal(await statusOf(url, `${pathname}api/open`, json, "POST", JSON.stringify({ folder: "/etc" })), 422, "a folder elsewhere");
  assert.equal(await statusOf(url, `${pathname}api/open`, json, "POST", "[1"), 422, "a broken body");
  const large = await statusOf(url, `${pathname}api/choose`, { ...json, "Content-Length": 3 << 20 }, "POST", "x".repeat(3 << 20)).catch(() => "closed");
  assert.ok(large === 413 || large === "closed", `too large a body: ${large}`);
}

/** No fault that keeps somebody from using the page, and a picture of it. */
async function inspect(page, step) {
  for (const scheme of screenshots ? ["light", "dark"] : ["light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForTimeout(screenshots ? 600 : 100);
    if (screenshots) await page.screenshot({ path: join(screenshots, `${step}-${scheme}.png`) });
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), [], `${step}, ${scheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function opensTheFolder(page) {
  await page.click("button.folder >> text=/priorseg-studio-/");
  await page.click("button.folder >> text=nuclei of a cell line");
  await inspect(page, "folder");
  await page.click("text=Open these 5 images");
  await page.waitForSelector(".thumbnails li");
  await until(page, () => document.querySelectorAll(".thumbnails li").length === 4);
  await page.waitForSelector("text=/One file cannot be read/");
  assert.match(await page.textContent(".warning"), /broken\.tif/);
  await page.waitForSelector("text=/bright on dark/", { timeout: 120000 });
  await inspect(page, "images");
}

async function changesTheSize(page) {
  await go(page, "size");
  await page.waitForTimeout(1500);
  await inspect(page, "size");
  const [smallest, largest] = [page.locator(".panel input.number").nth(0), page.locator(".panel input.number").nth(1)];
  const [min, max] = [Number(await smallest.inputValue()), Number(await largest.inputValue())];
  assert.ok(min >= 2 && max > min, `sizes ${min} to ${max}`);
  const gap = max * 0.15 + 4;
  const centre = { x: (256 - min - max - gap) / 2 + min + gap + max / 2, y: 128 };
  const edge = (radius) => onScreen(page, { x: centre.x, y: centre.y - radius });
  await draw(page, [await edge(max / 2), await edge(max / 2 + 5)]);
  await until(page, async (wanted) => Math.abs((await (await fetch("api/state")).json()).choices.size?.max - wanted) < 2, max + 10);
  await until(page, (wanted) => Math.abs(Number(document.querySelectorAll(".panel input.number")[1].value) - wanted) < 2, max + 10);
  await smallest.fill("14");
  await smallest.press("Tab");
  await until(page, async () => (await (await fetch("api/state")).json()).choices.size.min === 14);
}

async function learns(page, url) {
  await go(page, "learn");
  await page.click('button:text-is("Learn")');
  await page.waitForSelector(".preview[src*=step_]", { timeout: 240000 });
  const first = await page.getAttribute(".preview", "src");
  await inspect(page, "learn");
  await until(page, (before) => document.querySelector(".preview").getAttribute("src") !== before, first, 240000);
  await page.reload();
  await page.waitForSelector(".preview[src*=step_]");
  await page.waitForSelector("text=Stop and use what is there");
  const second = await page.context().newPage();
  await second.goto(`${url}#learn`);
  await second.waitForSelector(".preview[src*=step_]");
  await until(page, () => /from what was found/.test(document.querySelector(".big").textContent), null, 240000);
  await second.click("text=Stop and use what is there");
  await second.close();
  await page.waitForSelector("text=/^Done in/", { timeout: 240000 });
  await page.waitForSelector("text=/stopped after/");
  await inspect(page, "learned");
}

async function looks(page) {
  await go(page, "results");
  await page.waitForSelector("text=/^\\d+ objects$/");
  await page.waitForTimeout(1200);
  const objects = await shownObjects(page);
  const total = objects.rows.length;
  assert.ok(total >= 3, `${total} objects`);
  await counted(page, `${total} objects`);
  const first = middleOf(objects, 0);
  const at = await onScreen(page, first);
  await page.mouse.click(at.x, at.y);
  await page.waitForSelector(`text=Object ${first.label}`);
  assert.match(await page.textContent(".measured"), new RegExp(`Area \\(px\\)${first.area}`));
  await inspect(page, "results");
  const slider = page.getByLabel("Least score");
  await slider.fill("1");
  await page.waitForSelector(`text=/^\\d+ of ${total} objects shown$/`);
  await slider.fill("0");
  await counted(page, `${total} objects`);
  await page.locator(".scatter").scrollIntoViewIfNeeded();
  const plot = await page.locator(".scatter .u-over").boundingBox();
  await draw(page, [{ x: plot.x + 1, y: plot.y + 1 }, { x: plot.x + plot.width - 1, y: plot.y + plot.height - 1 }]);
  await page.waitForSelector("text=/\\d+ objects; their means/");
}

const outlinesAt = (page, image, level) =>
  page.evaluate(async ([of, at]) => (await (await fetch(`api/outlines/${of}?border_level=${at}`)).json()), [image, level]);
const meanArea = (objects) => objects.rows.reduce((sum, _, row) => sum + middleOf(objects, row).area, 0) / objects.rows.length;

/** Outlines follow the slider, and nothing is changed by that. */
async function drawsAtOtherLevels(page) {
  const before = await shownObjects(page);
  const slider = page.getByLabel("Border level");
  await slider.fill("0.7");
  await page.waitForSelector("text=Outline all images so", { timeout: 120000 });
  await page.waitForSelector("text=/Only drawn so far/");
  await inspect(page, "border");
  const [wide, tight] = [await outlinesAt(page, before.image, 0.2), await outlinesAt(page, before.image, 0.7)];
  assert.ok(meanArea(wide) > meanArea(tight), `areas ${meanArea(wide)} and ${meanArea(tight)}`);
  const same = await outlinesAt(page, before.image, tight.border_level);
  assert.deepEqual(same.outlines, before.outlines, "at the level of the model they are the results");
  await page.click('button:text-is("Back to the results")');
  assert.deepEqual((await shownObjects(page)).outlines, before.outlines);
}

/** The square image fills the height of the view, though the tools came to lie above it. */
async function showsAllOfIt(page) {
  const [opaque, height] = await page.evaluate(() => {
    const canvas = [...document.querySelectorAll("canvas.shown-image")].find((shown) => shown.offsetParent);
    const row = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1).data;
    return [row.filter((value, index) => index % 4 === 3 && value > 0).length, canvas.height];
  });
  assert.ok(Math.abs(opaque - height) <= 4, `the image is ${opaque} px wide in a view of ${height} px`);
}

async function corrects(page) {
  await go(page, "correct");
  await page.waitForTimeout(1000);
  await page.keyboard.press("Escape");
  await showsAllOfIt(page);
  const before = await shownObjects(page);
  let total = before.rows.length;
  const largest = before.rows.map((_, row) => middleOf(before, row)).sort((a, b) => b.area - a.area)[0];
  const at = await onScreen(page, largest);
  await page.mouse.click(at.x, at.y);
  await page.waitForSelector(`text=Object ${largest.label}`);
  await inspect(page, "correct");
  await page.keyboard.press("Delete");
  await counted(page, `${total - 1} objects`);
  await page.keyboard.press("z");
  await counted(page, `${total} objects`);
  await page.keyboard.press("y");
  await counted(page, `${total - 1} objects`);
  await page.keyboard.press("Control+z");
  await counted(page, `${total} objects`);

  await page.keyboard.press("s");
  const reach = Math.sqrt(largest.area) * 1.2;
  await draw(page, [await onScreen(page, { x: largest.x, y: Math.max(1, largest.y - reach) }), await onScreen(page, { x: largest.x, y: Math.min(255, largest.y + reach) })]);
  await counted(page, `${(total += 1)} objects`);
  await page.keyboard.press("b");
  await draw(page, [await onScreen(page, { x: 1, y: 1 }), await onScreen(page, { x: 255, y: 255 })]);
  await page.waitForSelector(`text=/^${total} objects; their means/`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("l");
  const around = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]];
  const box = await Promise.all(around.map(([x, y]) => onScreen(page, { x: Math.min(254, Math.max(1, largest.x + x * reach)), y: Math.min(254, Math.max(1, largest.y + y * reach)) })));
  await draw(page, box);
  await page.waitForSelector("text=/\\d+ objects; their means/");
  await page.keyboard.press("Delete");
  await until(page, (was) => [...document.querySelectorAll(".panel p")].some((p) => /^\d+ objects$/.test(p.textContent) && Number.parseInt(p.textContent) <= was - 2), total);
  total = (await shownObjects(page)).rows.length;
  await page.keyboard.press("d");
  await draw(page, await Promise.all([[-6, -6], [6, -6], [6, 6], [-6, 6]].map(([x, y]) => onScreen(page, { x: largest.x + x, y: largest.y + y }))));
  await counted(page, `${(total += 1)} objects`);
  return { image: before.image, total };
}

async function survivesAKill(page, { image, total }) {
  server.kill("SIGKILL");
  await new Promise((ended) => server.once("exit", ended));
  const url = await startStudio();
  await page.goto(url);
  await page.click("button.folder >> text=/priorseg-studio-/");
  await page.click("button.folder >> text=nuclei of a cell line");
  await page.click("text=Open these 5 images");
  await page.waitForSelector(".thumbnails li");
  await until(page, async () => (await (await fetch("api/state")).json()).look !== null, null, 120000);
  const objects = await page.evaluate(async (index) => (await fetch(`api/objects/${index}`)).json(), image);
  assert.equal(objects.rows.length, total);
  assert.ok(objects.can_undo);
  const kept = await page.evaluate(async () => (await (await fetch("api/state")).json()).choices.size);
  assert.equal(kept.min, 14, "the sizes of the training are known again");
  assert.ok(objects.changed.length >= 1);
  const stale = await page.evaluate(async (index) => {
    const body = JSON.stringify({ image: index, revision: 0, action: { do: "undo" } });
    return (await fetch("api/correct", { method: "POST", headers: { "Content-Type": "application/json" }, body })).status;
  }, image);
  assert.equal(stale, 409, "an action for another revision");
}

async function exports(page, { image, total }) {
  await go(page, "export");
  await page.check("text=Selections for ImageJ and Fiji");
  await page.check("text=Outlines for QuPath (GeoJSON)");
  await page.waitForSelector("text=/--save labels,overlay,csv,rois,geojson/");
  await page.click("text=Write results");
  await page.waitForSelector("text=/Done: wrote 4 images/", { timeout: 60000 });
  await inspect(page, "export");
  const stem = ["broken", "sim_000", "sim_001", "sim_002", "sim_003"][image];
  const table = readFileSync(join(output, "corrected/objects.csv"), "utf8").split("\n").filter((line) => line.startsWith(`${stem},`));
  assert.equal(table.length, total);
  const outlines = JSON.parse(readFileSync(join(output, `corrected/geojson/${stem}.geojson`), "utf8"));
  assert.equal(outlines.features.length, total);
  for (const [kind, ending] of [["labels", ".tif"], ["overlays", ".png"], ["rois", "_rois.zip"]])
    assert.deepEqual(readdirSync(join(output, "corrected", kind)).sort(), ["sim_000", "sim_001", "sim_002", "sim_003"].map((name) => name + ending));
  assert.ok(existsSync(join(output, `labels/${stem}.tif`)), "what was found stays");
}

try {
  execFileSync(program, ["simulate", "-n", "4", "--image-size", "256x256", "--seed", "5", "-o", join(root, "made")]);
  execFileSync("mv", [join(root, "made/images"), folder]);
  writeFileSync(join(folder, "broken.tif"), "II*\0 and no more");
  if (screenshots) mkdirSync(screenshots, { recursive: true });
  const url = await startStudio();
  await refusesStrangers(url);
  browser = await chromium.launch({ executablePath: browserProgram, args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/status of 4\d\d|ERR_|net::/.test(message.text()) && faults.push(message.text()));
  await page.goto(url);
  const step = async (name, act) => {
    console.log(name);
    return act();
  };
  const surroundings = { page, inspect, program, root, folder, output };
  await step("open", () => opensTheFolder(page));
  await step("size", () => changesTheSize(page));
  await step("learn", () => learns(page, url));
  await step("results", () => looks(page));
  await step("border level", () => drawsAtOtherLevels(page));
  const corrected = await step("correct", () => corrects(page));
  await step("killed", () => survivesAKill(page, corrected));
  await step("export", () => exports(page, corrected));
  await step("teach", () => teaches(surroundings, corrected));
  await step("film", () => looksAtAFilm(surroundings));
  await step("drop", () => takesDroppedFiles(surroundings));
  await step("many images", () => listsManyImages(surroundings));
  assert.deepEqual(faults, []);
  console.log("1 passed, 0 failed");
} finally {
  await browser?.close();
  server?.kill();
  rmSync(root, { recursive: true, force: true });
}
