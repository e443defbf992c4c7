// How smoothly a large image with many objects moves in the studio. Makes an image with a disk every 60 px and its label
// map, opens it in Chromium, moves it about at full size, and prints frames a second and how long tiles took.
//
// usage: node studio_pan.mjs PROGRAM NODE_MODULES [SIDE=20000] [SECONDS=10] [FOLDER]
//
// NODE_MODULES: those that the studio's page is built with (build/<preset>/web/node_modules). With FOLDER the image is
// made there, or taken from there, and stays; otherwise it goes. Needs 20 bytes of memory a pixel.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

const [program, modules, sideText, secondsText, kept] = process.argv.slice(2);
const side = Number(sideText ?? 20000);
const seconds = Number(secondsText ?? 10);
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const browserProgram = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const grid = 60;
const stripRows = 60;
let seed = 12345;
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;

/** A grey TIFF of deflated strips. @param fill  gets the samples of a strip and its first row. */
function writeTiff(path, bits, fill) {
  const file = openSync(path, "w");
  const strips = Math.ceil(side / stripRows);
  const offsets = [];
  const sizes = [];
  let end = 8;
  for (let strip = 0; strip < strips; ++strip) {
    const rows = Math.min(stripRows, side - strip * stripRows);
    const samples = bits === 8 ? new Uint8Array(rows * side) : new Uint32Array(rows * side);
    fill(samples, strip * stripRows);
    const packed = deflateSync(Buffer.from(samples.buffer), { level: 1 });
    writeSync(file, packed, 0, packed.length, end);
    offsets.push(end);
    sizes.push(packed.length);
    end += packed.length;
  }
  end += end % 2;
  const lists = Buffer.from(new Uint32Array([...offsets, ...sizes]).buffer);
  writeSync(file, lists, 0, lists.length, end);
  const entries = [[256, 4, 1, side], [257, 4, 1, side], [258, 3, 1, bits], [259, 3, 1, 8], [262, 3, 1, 1], [273, 4, strips, end], [277, 3, 1, 1], [278, 4, 1, stripRows], [279, 4, strips, end + 4 * strips]];
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  entries.forEach(([tag, type, count, value], entry) => {
    directory.writeUInt16LE(tag, 2 + entry * 12);
    directory.writeUInt16LE(type, 4 + entry * 12);
    directory.writeUInt32LE(count, 6 + entry * 12);
    directory.writeUInt32LE(value, 10 + entry * 12);
  });
  writeSync(file, directory, 0, directory.length, end + lists.length);
  const head = Buffer.from([73, 73, 42, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(end + lists.length, 4);
  writeSync(file, head, 0, 8, 0);
  closeSync(file);
}

/** Radii and places of the disks of a row of the grid. */
const disks = Array.from({ length: Math.ceil(side / grid) * Math.floor(side / grid) }, () => ({ radius: 15 + 13 * random(), x: 29 + 2 * random() }));
const perRow = Math.floor(side / grid);

/** What lies at a pixel: the number of its disk, or 0. */
function drawDisks(samples, first, set) {
  for (let y = 0; y < samples.length / side; ++y) {
    const row = Math.floor((first + y) / grid);
    const dy = ((first + y) % grid) - grid / 2;
    for (let column = 0; column < perRow; ++column) {
      const disk = disks[row * perRow + column];
      const reach = disk.radius ** 2 - dy * dy;
      if (reach <= 0) continue;
      const half = Math.sqrt(reach);
      for (let x = Math.ceil(column * grid + disk.x - half); x < column * grid + disk.x + half; ++x) set(y * side + x, row * perRow + column + 1);
    }
  }
}

function makeImage(folder) {
  mkdirSync(join(folder, "priorseg-output/labels"), { recursive: true });
  writeTiff(join(folder, "large.tif"), 8, (samples, first) => {
    for (let i = 0; i < samples.length; ++i) samples[i] = 30 + 30 * random();
    drawDisks(samples, first, (index, label) => (samples[index] += 60 + (label % 7) * 15));
  });
  writeTiff(join(folder, "priorseg-output/labels/large.tif"), 32, (samples, first) => drawDisks(samples, first, (index, label) => (samples[index] = label)));
}

function startStudio(folder) {
  const server = spawn(program, ["--threads", "1", "studio", "--root", folder, "--no-browser"], { stdio: ["ignore", "pipe", "ignore"] });
  return new Promise((found, failed) => {
    server.stdout.once("data", (text) => found({ server, url: String(text).trim() }));
    server.once("exit", (code) => failed(new Error(`the studio ended with ${code}`)));
  });
}

const ordered = (values) => [...values].sort((a, b) => a - b);
const quantile = (values, share) => ordered(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
const told = (values) => values.length === 0 ? "none" : `median ${quantile(values, 0.5).toFixed(0)} ms, 95 % below ${quantile(values, 0.95).toFixed(0)} ms (${values.length})`;

/** Tiles one after the other, without a browser: the server alone. */
async function askForTiles(url) {
  const { top_level: top } = await (await fetch(`${url}api/picture/0/0?view=`)).json();
  const times = [];
  for (let tile = 0; tile < 100; ++tile) {
    const begin = performance.now();
    const answer = await fetch(`${url}api/tile/1/0/0/${top}/${Math.floor(tile / 10)}_${tile % 10}?view=&tint=`);
    await answer.arrayBuffer();
    times.push(performance.now() - begin);
  }
  return times;
}

/** Moves the image about for a while. */
async function pan(page) {
  const box = await page.locator(".viewer:visible").boundingBox();
  await page.evaluate(() => {
    performance.clearResourceTimings();
    performance.setResourceTimingBufferSize(100000);
    window.frames_ = [];
    const note = (time) => {
      window.frames_.push(time);
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
  });
  const directions = [[-0.35, -0.1], [-0.3, 0.3], [-0.35, -0.3], [0.1, -0.4], [-0.4, 0.1]];
  for (let turn = 0, end = Date.now() + seconds * 1000; Date.now() < end; ++turn) {
    const [dx, dy] = directions[turn % directions.length];
    const [x, y] = [box.x + box.width * (0.5 - dx), box.y + box.height * (0.5 - dy)];
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let part = 1; part <= 20; ++part) {
      await page.mouse.move(x + (2 * dx * box.width * part) / 20, y + (2 * dy * box.height * part) / 20);
      await page.waitForTimeout(16);
    }
    await page.mouse.up();
  }
  return page.evaluate(() => {
    const asked = performance.getEntriesByType("resource");
    const timesOf = (of) => asked.filter(({ name }) => name.includes(of)).map(({ startTime, responseEnd }) => responseEnd - startTime);
    const frames = window.frames_.slice(1).map((time, index) => time - window.frames_[index]);
    return { tiles: timesOf("/api/tile/"), outlines: timesOf("/api/outlines_in/"), frames };
  });
}

const folder = kept ?? mkdtempSync(join(tmpdir(), "priorseg-pan-"));
let server;
let browser;
try {
  if (!existsSync(join(folder, "priorseg-output/labels/large.tif"))) makeImage(folder);
  const started = await startStudio(folder);
  server = started.server;
  const { url } = started;
  browser = await chromium.launch({ executablePath: browserProgram, args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  page.setDefaultTimeout(600000);
  await page.goto(url);
  const post = (path, body) =>
    page.evaluate(([to, content]) => fetch(`api/${to}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) }).then(() => {}), [path, body]);
  await post("open", { folder });
  await post("stop", { use: false });
  await page.waitForSelector(".work", { state: "hidden" });
  const begin = Date.now();
  await page.click("nav a[data-step=results]");
  await page.waitForSelector("text=/^\\d+ objects$/");
  const opened = Date.now() - begin;
  const alone = await askForTiles(url);
  const told_ = (await page.textContent("text=/^\\d+ objects$/")).trim();
  console.log(`${side} x ${side} px, ${told_}, shown after ${(opened / 1000).toFixed(1)} s`);
  console.log(`tiles of the server alone: ${told(alone)}`);
  const box = await page.locator(".viewer:visible").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (const [name, turns] of [["all of it", 0], ["a quarter of full size", 9], ["full size", 7]]) {
    for (let turn = 0; turn < turns; ++turn) {
      await page.mouse.wheel(0, -100);
      await page.waitForTimeout(120);
    }
    await page.waitForTimeout(1500);
    const { tiles, outlines, frames } = await pan(page);
    const total = frames.reduce((sum, frame) => sum + frame, 0);
    console.log(`${name}: ${((1000 * frames.length) / total).toFixed(1)} frames/s, 95 % of frames below ${quantile(frames, 0.95).toFixed(0)} ms; tiles: ${told(tiles)}; outlines: ${told(outlines)}`);
  }
} finally {
  await browser?.close();
  server?.kill();
  if (!kept) rmSync(folder, { recursive: true, force: true });
}
