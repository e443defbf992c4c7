// Makes the pictures of docs/images/studio-*.png: simulated images, a short training, each step in light and dark.
//
// usage: node scripts/studio_pictures.mjs PROGRAM NODE_MODULES FOLDER PICTURES
//
// FOLDER gets the images and all results, and is gone on with where it is there. NODE_MODULES: those that the studio's
// page is built with (build/<preset>/web/node_modules). The window has 1280 x 720 px, the pictures 1024 x 576.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { serveStudio } from "../tests/studio/walk_program.mjs";
import { ends, go, middleOf, onScreen, shownObjects, until } from "../tests/studio/walk_page.mjs";

const [program, modules, folder, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const browserProgram = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const side = 384;
const short = ["prior_masks=2000", "prior.steps=300", "detector.training.steps=200", "detector.self_training.steps=120", "detector.training.checkpoint_every=50"];
const images = join(folder, "nuclei");

async function picture(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(pictures, `studio-${name}${colorScheme === "dark" ? "-dark" : ""}.png`) });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function learns(page) {
  await go(page, "learn");
  await page.click('button:text-is("Learn")');
  await until(page, () => /from what was found: [5-9]\d %/.test(document.querySelector(".big").textContent), null, 7200000);
  await picture(page, "learn");
  await page.waitForSelector("text=/^Done in/", { timeout: 7200000 });
}

async function selects(page, objects) {
  const largest = objects.rows.map((_, row) => middleOf(objects, row)).sort((a, b) => b.area - a.area)[0];
  const at = await onScreen(page, largest, side);
  await page.mouse.click(at.x, at.y);
  await page.waitForSelector(`text=Object ${largest.label}`);
  return largest;
}

mkdirSync(pictures, { recursive: true });
if (!existsSync(images)) {
  execFileSync(program, ["simulate", "-n", "6", "--image-size", `${side}x${side}`, "--seed", "11", "-o", join(folder, "made")]);
  renameSync(join(folder, "made/images"), images);
}
const { server, url } = await serveStudio(program, folder, short);
const browser = await chromium.launch({ executablePath: browserProgram, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 }, deviceScaleFactor: 0.8 });
  page.setDefaultTimeout(600000);
  await page.goto(url);
  await page.click(`button.folder >> text=${basename(folder)}`);
  await page.click("button.folder >> text=nuclei");
  await page.click("text=Open these 6 images");
  await page.waitForSelector("text=/bright on dark/");
  await ends(page);
  await picture(page, "images");
  await go(page, "size");
  await page.waitForTimeout(2000);
  await picture(page, "size");
  if (!existsSync(join(images, "priorseg-output/report.html"))) await learns(page);
  await go(page, "results");
  await page.waitForSelector("text=/^\\d+ objects$/");
  await page.waitForTimeout(2000);
  const objects = await shownObjects(page);
  await selects(page, objects);
  await picture(page, "results");
  await page.keyboard.press("Escape");
  await page.getByLabel("Border level").fill("0.6");
  await page.waitForSelector("text=/Only drawn so far/");
  await picture(page, "border");
  await page.click('button:text-is("Back to the results")');
  await page.click('button:text-is("Filled")');
  await go(page, "correct");
  await page.waitForTimeout(1000);
  await page.keyboard.press("l");
  const around = [[60, 60], [150, 40], [260, 70], [280, 170], [190, 230], [80, 190]];
  const points = await Promise.all(around.map(([x, y]) => onScreen(page, { x, y }, side)));
  await page.mouse.move(points[0].x, points[0].y);
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(point.x, point.y, { steps: 8 });
  await picture(page, "correct");
  await page.mouse.up();
  await page.keyboard.press("Escape");
  await page.keyboard.press("v");
  await go(page, "export");
  await picture(page, "export");
} finally {
  await browser.close();
  server.kill();
}
