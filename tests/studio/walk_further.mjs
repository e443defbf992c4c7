// The parts of the walk through the studio behind the export: learning from corrections, films, files that are dropped,
// many images. The surroundings that each gets: {page, inspect, program, root, folder, output} of walk.mjs.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { counted, draw, ends, go, middleOf, onScreen, until } from "./walk_page.mjs";

/** Pages of 8 bits as ImageJ writes them: two channels, three frames. */
function hyperstack(side) {
  const description = Buffer.from("ImageJ=1.54f\nimages=6\nchannels=2\nframes=3\nhyperstack=true\nmode=composite\n\0");
  const pages = Array.from({ length: 6 }, (_, page) => {
    const pixels = Buffer.alloc(side * side, 20);
    const shift = Math.floor(page / 2) * 6;
    for (let y = 0; y < side; ++y)
      for (let x = 0; x < side; ++x)
        for (const [cx, cy] of [[40, 40], [110, 60], [60, 130], [150, 150]]) {
          const radius = page % 2 === 0 ? 11 : 5;
          if ((x - cx - shift) ** 2 + (y - cy) ** 2 < radius * radius) pixels[y * side + x] = 180 + ((x * 7 + y * 13) % 20);
        }
    return pixels;
  });
  const first = 8 + description.length + (description.length % 2);
  const entrySize = 2 + 10 * 12 + 4;
  const parts = [Buffer.from([73, 73, 42, 0, 0, 0, 0, 0]), description, Buffer.alloc(description.length % 2)];
  parts[0].writeUInt32LE(first, 4);
  pages.forEach((pixels, index) => {
    const at = first + index * (entrySize + pixels.length);
    const directory = Buffer.alloc(entrySize);
    directory.writeUInt16LE(10, 0);
    const entries = [[256, 4, 1, side], [257, 4, 1, side], [258, 3, 1, 8], [259, 3, 1, 1], [262, 3, 1, 1], [270, 2, description.length, 8], [273, 4, 1, at + entrySize], [277, 3, 1, 1], [278, 4, 1, side], [279, 4, 1, pixels.length]];
    entries.forEach(([tag, type, count, value], entry) => {
      directory.writeUInt16LE(tag, 2 + entry * 12);
      directory.writeUInt16LE(type, 4 + entry * 12);
      directory.writeUInt32LE(count, 6 + entry * 12);
      directory.writeUInt32LE(value, 10 + entry * 12);
    });
    if (index < 5) directory.writeUInt32LE(at + entrySize + pixels.length, 2 + 120);
    parts.push(directory, pixels);
  });
  return Buffer.concat(parts);
}

/** What was corrected fits the outlines, and then teaches the shapes; it stays as it is. */
export async function teaches({ page, inspect, output }, { image, total }) {
  const listed = () => readFileSync(join(output, "images.csv"), "utf8").trim().split("\n").slice(1).map((line) => line.split(",")[0]).sort();
  const before = listed();
  await go(page, "correct");
  await page.waitForSelector("text=/One image is corrected/");
  await inspect(page, "teach");
  await page.click('button:text-is("Make the outlines like these")');
  await page.waitForSelector("text=/Done: masks are cut at/", { timeout: 240000 });
  await ends(page);
  const kept = () => page.evaluate(async (of) => (await (await fetch(`api/objects/${of}`)).json()).rows.length, image);
  assert.equal(await kept(), total, "the corrected image");
  assert.deepEqual(listed(), before, "images.csv tells of the corrected image, too");
  const commands = () => page.evaluate(async () => (await (await fetch("api/state")).json()).command);
  assert.match(await commands(), /\npriorseg calibrate .*annotated.*\npriorseg segment .*calibrated\.safetensors/);
  await page.getByLabel("Border level").fill("0.5");
  await page.click('button:text-is("Outline all images so")', { timeout: 120000 });
  await ends(page);
  assert.match(await commands(), /--border-level 0\.5/);
  assert.equal(await kept(), total);
  await page.click('button:text-is("Learn again from these")');
  await page.waitForSelector("text=/shapes are learned from \\d+ annotated objects/", { timeout: 240000 });
  await until(page, () => /from what was found/.test(document.querySelector(".big").textContent), null, 240000);
  await page.click("text=Stop and use what is there");
  await page.waitForSelector("text=/^Done in/", { timeout: 240000 });
  assert.match(await commands(), /--learn-prior '.*annotated'/);
  assert.deepEqual(listed(), before);
  assert.equal(await kept(), total);
}

async function post(page, path, body) {
  const refusal = await page.evaluate(
    async ([to, content]) => {
      const answer = await fetch(`api/${to}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });
      return answer.ok ? "" : answer.text();
    },
    [path, body],
  );
  assert.equal(refusal, "", path);
}

async function opens(page, folderName) {
  await post(page, "open", { folder: folderName });
  await until(page, async (path) => {
    const state = await (await fetch("api/state")).json();
    return state.folder === path && state.look !== null;
  }, folderName, 120000);
  await ends(page);
}

/** Pictures and channels of a film. */
export async function looksAtAFilm({ page, inspect, program, root, output }) {
  const films = join(root, "films");
  mkdirSync(films);
  writeFileSync(join(films, "film.tif"), hyperstack(192));
  execFileSync(program, ["--threads", "1", "segment", films, "--model", join(output, "unfinished_model.safetensors"), "-o", join(films, "priorseg-output")], { stdio: "ignore" });
  await opens(page, films);
  await go(page, "results");
  await page.waitForSelector("text=Picture 1 of 3");
  await page.waitForSelector("text=/^\\d+ objects$/");
  await page.keyboard.press(".");
  await page.waitForSelector("text=Picture 2 of 3");
  await page.click("text=Channels, contrast and colours");
  await page.locator(".channel input").nth(1).check();
  await page.waitForTimeout(800);
  await inspect(page, "film");
  await correctsAFilm(page, inspect, films);
}

/** The second picture and the third; the first one stays. */
async function correctsAFilm(page, inspect, films) {
  const objectsOf = (picture) => page.evaluate(async (of) => (await fetch(`api/objects/0?picture=${of}`)).json(), picture);
  const before = await Promise.all([0, 1, 2].map(objectsOf));
  await go(page, "correct");
  await page.click('button:text-is("All"):visible');
  await page.waitForTimeout(800);
  const object = middleOf(before[1], 0);
  const at = await onScreen(page, object, 192);
  await page.mouse.click(at.x, at.y);
  await page.waitForSelector(`text=Object ${object.label}`);
  await page.keyboard.press("Delete");
  await counted(page, `${before[1].rows.length - 1} objects`);
  await page.keyboard.press("z");
  await counted(page, `${before[1].rows.length} objects`);
  await page.keyboard.press("y");
  await counted(page, `${before[1].rows.length - 1} objects`);
  await page.keyboard.press(".");
  await page.waitForSelector("text=Picture 3 of 3");
  await counted(page, `${before[2].rows.length} objects`);
  await page.keyboard.press("d");
  await draw(page, await Promise.all([[4, 176], [16, 176], [16, 188], [4, 188]].map(([x, y]) => onScreen(page, { x, y }, 192))));
  await counted(page, `${before[2].rows.length + 1} objects`);
  await inspect(page, "film-corrected");
  await page.reload();
  await until(page, async () => (await (await fetch("api/state")).json()).results?.[0]?.corrected === true);
  const after = await Promise.all([0, 1, 2].map(objectsOf));
  assert.deepEqual(after.map(({ rows }) => rows.length), [before[0].rows.length, before[1].rows.length - 1, before[2].rows.length + 1]);
  assert.deepEqual(after.map(({ revision }) => revision), [0, 3, 1]);
  await go(page, "export");
  await page.click("text=Write results");
  await page.waitForSelector("text=/Done: wrote 1 image/", { timeout: 60000 });
  const table = readFileSync(join(films, "priorseg-output/corrected/objects.csv"), "utf8").split("\n").filter((line) => line.startsWith("film,"));
  assert.equal(table.length, after.reduce((sum, { rows }) => sum + rows.length, 0));
  assert.equal(new Set(table.map((line) => line.split(",")[1])).size, table.length, "each label once");
}

/** Files that are dropped are copied and opened. */
export async function takesDroppedFiles({ page, root, folder }) {
  const bytes = [...readFileSync(join(folder, "sim_000.tif"))];
  await page.evaluate((content) => {
    const carried = new DataTransfer();
    const file = (name) => new File([new Uint8Array(content)], name);
    for (const name of ["dropped.tif", "a:two.tif", "notes.txt"]) carried.items.add(file(name));
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
  }, bytes);
  await until(page, async () => /dropped-images-1$/.test((await (await fetch("api/state")).json()).folder), null, 60000);
  await ends(page);
  await page.waitForSelector("text=dropped.tif");
  assert.deepEqual(readdirSync(join(root, "dropped-images-1")).filter((name) => name.endsWith(".tif")).length, 2);
  assert.ok(readFileSync(join(root, "dropped-images-1/dropped.tif")).equals(readFileSync(join(folder, "sim_000.tif"))));
}

/** The list is there before thousands of images were looked at, and stays usable. */
export async function listsManyImages({ page, root, folder }) {
  const many = join(root, "many");
  mkdirSync(many);
  for (let i = 0; i < 2000; ++i) linkSync(join(folder, "sim_001.tif"), join(many, `field_${i}.tif`));
  const begin = Date.now();
  await post(page, "open", { folder: many });
  await go(page, "images");
  await until(page, () => document.querySelectorAll(".thumbnails li").length === 2000);
  console.log(`  2,000 images were listed after ${Date.now() - begin} ms`);
  for (const [step, list] of [["images", ".thumbnails"], ["size", ".image-list"]]) {
    await go(page, step);
    const last = page.locator(`${list}:visible li`).last();
    await last.scrollIntoViewIfNeeded();
    const from = Date.now();
    await until(page, (of) => [...document.querySelectorAll(`${of} li:last-child img`)].some((image) => image.offsetParent && image.complete && image.naturalWidth > 0), list);
    console.log(`  ${step}: the last thumbnail was there after ${Date.now() - from} ms`);
  }
  await post(page, "stop", { use: false });
  await ends(page);
}
