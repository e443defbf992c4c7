import { type ImageEntry, thumbnailUrl } from "./api";
import type { App } from "./app";
import { h, replace } from "./dom";

export interface ListedImage {
  image: number;
  note: string;
  level?: string;
  more?: string;
}

/** A column of thumbnails, one of which is shown. */
export class ImageList {
  readonly element = h("ul", { class: "image-list", "aria-label": "Images" });
  private drawn = "";

  constructor(
    private readonly app: App,
    private readonly choose: (image: number) => void,
  ) {}

  update(listed: ListedImage[], view = ""): void {
    const state = this.app.state;
    const key = JSON.stringify([state?.generation, listed, view]);
    if (key !== this.drawn && state?.images) {
      this.drawn = key;
      replace(this.element, ...listed.map((entry) => this.item(entry, state.images![entry.image]!, state.generation, view)));
    }
    for (const button of this.element.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(Number(button.dataset["image"]) === this.app.image));
  }

  private item(entry: ListedImage, image: ImageEntry, generation: number, view: string): HTMLElement {
    const picture = h("img", { src: thumbnailUrl(generation, entry.image, view), alt: "", loading: "lazy", width: 56, height: 56 });
    const button = h(
      "button",
      { type: "button", "data-image": entry.image, title: image.name, click: () => this.choose(entry.image) },
      image.failure ? h("span", { class: "broken-mark", "aria-hidden": "true" }, "!") : picture,
      h("span", { class: "listed-text" }, h("span", { class: "listed-name" }, image.name), h("span", { class: `listed-note ${entry.level ?? ""}` }, entry.note), entry.more !== undefined && h("span", { class: "listed-note" }, entry.more)),
    );
    return h("li", {}, button);
  }
}
