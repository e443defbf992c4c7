// What the walk through the studio does in a page, again and again.
import assert from "node:assert/strict";

/** Waits until a function is true in the page. (Playwright's own waiting evaluates text, which the page forbids.) */
export async function until(page, isTrue, argument = null, timeout = 60000) {
  for (const end = Date.now() + timeout; !(await page.evaluate(isTrue, argument)); await page.waitForTimeout(150))
    assert.ok(Date.now() < end, `waited in vain until ${isTrue}`);
}

export async function go(page, step) {
  await page.click(`nav a[data-step=${step}]`);
  await page.waitForSelector(`nav a[data-step=${step}][aria-current]`);
}

export async function draw(page, points) {
  await page.mouse.move(points[0].x, points[0].y);
  await page.mouse.down();
  for (const point of points.slice(1)) await page.mouse.move(point.x, point.y, { steps: 8 });
  await page.mouse.up();
}

/** Where a point of the image lies on the screen while the whole image is shown. */
export async function onScreen(page, { x, y }, side = 256) {
  const box = await page.locator(".viewer:visible").boundingBox();
  const scale = Math.min(box.width, box.height) / side;
  return { x: box.x + (box.width - side * scale) / 2 + x * scale, y: box.y + (box.height - side * scale) / 2 + y * scale };
}

export async function shownObjects(page) {
  return page.evaluate(async () => {
    const image = document.querySelector(".image-list:not([hidden]) button[aria-pressed=true]:not([hidden])");
    const pressed = [...document.querySelectorAll(".image-list button[aria-pressed=true]")].find((button) => button.offsetParent) ?? image;
    return { image: Number(pressed.dataset.image), ...(await (await fetch(`api/objects/${pressed.dataset.image}`)).json()) };
  });
}

export const middleOf = (objects, row) => {
  const at = (name) => objects.rows[row][objects.columns.indexOf(name)];
  return { x: at("Location_Center_X") + 0.5, y: at("Location_Center_Y") + 0.5, area: at("AreaShape_Area"), label: objects.rows[row][0] };
};

export const counted = (page, text) => until(page, (wanted) => [...document.querySelectorAll(".panel p")].some((p) => p.textContent === wanted && p.offsetParent), text);

/** Waits for the end of the work that was begun. */
export async function ends(page) {
  await page.waitForTimeout(600);
  await until(page, () => document.querySelector(".work").hidden, null, 240000);
}
