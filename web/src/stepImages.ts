import { type Browse, get, type ImageEntry, post, thumbnailUrl } from "./api";
import type { App, Step } from "./app";
import { h, plainLine, replace } from "./dom";
import { takeDrops } from "./dropping";

const colours = ["grey", "red", "green", "blue", "hematoxylin", "eosin", "dab"];
const polarities: [string, string, string][] = [
  ["", "Chosen by the images", ""],
  ["bright", "Bright on dark", "fluorescence, dark field"],
  ["dark", "Dark on bright", "objects darker than what is around them"],
  ["absorbing", "Absorbing light", "brightfield, stained tissue"],
  ["relief", "By contrast", "cells in phase contrast"],
];
const polarityNames: Record<string, string> = {
  bright: "bright on dark",
  dark: "dark on bright",
  absorbing: "absorbing light",
  relief: "by contrast",
};

/** Opens a folder; shows what is in it; channel and polarity are chosen by looking. */
export function imagesStep(app: App): Step {
  const browser = h("section", { class: "card browser", "aria-label": "Open a folder" });
  const chooser = h("section", { class: "card" });
  const grid = h("ul", { class: "thumbnails", "aria-label": "Images of the folder" });
  const broken = h("div", {});
  const head = h("div", { class: "row between" });
  const element = h("div", { class: "page" }, head, browser, h("div", { class: "two-columns" }, h("div", {}, broken, grid), chooser));
  let browsing = false;
  let drawn = "";

  async function browse(folder: string): Promise<void> {
    await app.attempt(async () => {
      const found = await get<Browse>(`browse?folder=${encodeURIComponent(folder)}`);
      browsing = true;
      drawBrowser(found);
    });
  }

  function drawBrowser(found: Browse): void {
    const open = h(
      "button",
      { type: "button", class: "primary", disabled: found.images === 0, click: () => void openFolder(found.folder) },
      found.images === 0 ? "No images here" : `Open these ${found.images} images`,
    );
    const entry = (path: string, text: string) =>
      h("li", {}, h("button", { type: "button", class: "folder", click: () => void browse(path) }, text));
    const up = found.parent ?? (found.folder ? "" : undefined);
    const entries = found.folders.map((path) => entry(path, found.folder ? (path.split("/").pop() ?? path) : path));
    replace(
      browser,
      h("h2", {}, "Open a folder of images"),
      h("p", { class: "quiet" }, found.folder || "Where do your images lie? You can also drop images, or a folder of them, anywhere on this page."),
      h("ul", { class: "folders" }, up !== undefined && entry(up, "← back"), ...entries),
      h("div", { class: "row" }, found.folder !== "" && open, app.state?.folder ? h("button", { type: "button", click: closeBrowser }, "Cancel") : null),
    );
    app.changed();
  }

  function closeBrowser(): void {
    browsing = false;
    app.changed();
  }

  async function openFolder(folder: string): Promise<void> {
    if (await app.attempt(() => post("open", { folder }))) {
      browsing = false;
      await app.load();
    }
  }

  function drawGrid(images: ImageEntry[], generation: number, view: string): void {
    const shown = images.map((image, index) => ({ image, index })).filter(({ image }) => !image.failure);
    replace(
      grid,
      ...shown.map(({ image, index }) => {
        const size = image.width ? `${image.width} × ${image.height}${(image.pictures ?? 1) > 1 ? `, ${image.pictures} pictures` : ""}` : "";
        return h(
          "li",
          {},
          h("img", { src: thumbnailUrl(generation, index, view), alt: "", loading: "lazy", width: 132, height: 132 }),
          h("span", { class: "listed-name", title: image.name }, image.name),
          h("span", { class: "listed-note" }, size),
        );
      }),
    );
    const failed = images.filter((image) => image.failure);
    replace(
      broken,
      failed.length > 0 &&
        h(
          "section",
          { class: "card warning" },
          h("h2", {}, failed.length === 1 ? "One file cannot be read" : `${failed.length} files cannot be read`),
          h("p", {}, "They are left out; the others are used."),
          h("ul", {}, ...failed.map((image) => h("li", {}, (image.failure ?? image.name).replaceAll(`${app.state?.folder}/`, "")))),
        ),
    );
  }

  async function choose(wanted: object): Promise<void> {
    if (await app.attempt(() => post("choose", { ...wanted, size: null }))) await app.attempt(() => post("look"));
  }

  function drawChooser(images: ImageEntry[], generation: number): void {
    const state = app.state!;
    const sample = images.findIndex((image) => image.known && !image.failure);
    const first = images[sample];
    const views = first?.channels ?? (first?.colour ? colours : []);
    const chosen = state.choices.channel;
    const automatic = first?.channels ? state.look?.plane_channel : state.look?.channel;
    const busy = app.job.running;
    const option = (name: string, value: string, current: string, text: string, note: string, picture: boolean) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name, value, checked: value === current, disabled: busy, change: () => void choose({ [name]: value }) }),
        picture && sample >= 0 && h("img", { src: thumbnailUrl(generation, sample, value), alt: "", width: 48, height: 48 }),
        h("span", {}, text, note !== "" && h("span", { class: "quiet block" }, note)),
      );
    const found = state.look?.polarity ? `: ${polarityNames[state.look.polarity] ?? state.look.polarity}` : "";
    const focused = chooser.contains(document.activeElement) ? (document.activeElement as HTMLInputElement) : null;
    const again = focused ? `input[name="${focused.name}"][value="${focused.value}"]` : "";
    replace(
      chooser,
      h("h2", {}, "What is looked at"),
      ...(state.look?.lines ?? []).map((line) => h("p", { class: "quiet" }, plainLine(line))),
      ...(state.look?.doubts ?? []).map((doubt) => h("p", { class: "doubt" }, doubt)),
      views.length > 0 &&
        h(
          "fieldset",
          {},
          h("legend", {}, first?.channels ? "Channel" : "Colour or stain"),
          option("channel", "", chosen, `Chosen by the images${automatic ? `: ${automatic}` : ""}`, "", false),
          ...views.map((view) => option("channel", view, chosen, view, "", true)),
        ),
      h(
        "fieldset",
        {},
        h("legend", {}, "Your objects are"),
        ...polarities.map(([value, text, note]) => option("polarity", value, state.choices.polarity, value === "" ? text + found : text, note, false)),
      ),
    );
    if (again) chooser.querySelector<HTMLInputElement>(again)?.focus(); // who chooses by keyboard stays there
  }

  takeDrops(app, openFolder);

  return {
    id: "images",
    title: "Images",
    element,
    show() {
      if (!app.state?.folder) void browse("");
    },
    update() {
      const state = app.state;
      if (!state) return;
      browser.hidden = !browsing && state.folder !== null;
      const images = state.images ?? [];
      const view = state.choices.channel;
      const key = JSON.stringify([state.generation, images, view, state.look, state.choices, app.job.running, browsing]);
      if (key === drawn) return;
      drawn = key;
      replace(
        head,
        h("div", {}, h("h1", {}, "Images"), h("p", { class: "quiet path" }, state.folder ?? "No folder is open yet.")),
        state.folder &&
          h(
            "div",
            { class: "row" },
            !browsing && h("button", { type: "button", disabled: app.job.running, click: () => void browse(state.folder ?? "") }, "Another folder"),
            h("a", { class: "button primary", href: "#size" }, "Next: size"),
          ),
      );
      drawGrid(images, state.generation, view);
      chooser.hidden = images.length === 0;
      if (images.length > 0) drawChooser(images, state.generation);
    },
  };
}
