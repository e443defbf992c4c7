import type { App } from "./app";
import { h, labelled, replace } from "./dom";
import { applyDisplay, type Display, type Layer, plainDisplay, tintNames } from "./viewer";

/** Colours that channels get one after the other; those of colour-blind people's palettes come first. */
const channelColours: [string, string][] = [
  ["ffffff", "grey"],
  ["00ff00", "green"],
  ["ff00ff", "magenta"],
  ["00ffff", "cyan"],
  ["ffff00", "yellow"],
  ["ff0000", "red"],
  ["5080ff", "blue"],
];
const partsOfColour = ["red", "green", "blue", "hematoxylin", "eosin", "dab"];

/** How an image is shown: contrast, and which of its channels in which colours. */
export class DisplayControls {
  readonly element: HTMLElement;
  private display: Display = { ...plainDisplay };
  private readonly channels = h("div", { class: "channels" });
  private readonly part = h("select", { change: () => this.changed() });
  private readonly partField = labelled("Shown", this.part);
  private shown: { name: string; on: boolean; colour: string }[] = [];
  private drawnFor = "";

  constructor(
    private readonly app: App,
    private readonly changed: () => void,
  ) {
    const black = this.slider("black", "Black", 0, 0.9);
    const white = this.slider("white", "White", 0.05, 1);
    const gamma = this.slider("gamma", "Gamma", 0.3, 3);
    const tint = h(
      "select",
      {
        change: () => {
          this.display.tint = tint.value;
          applyDisplay(this.display);
        },
      },
      ...tintNames.map((name) => h("option", { value: name }, name)),
    );
    const reset = h(
      "button",
      {
        type: "button",
        class: "small",
        click: () => {
          this.display = { ...plainDisplay };
          for (const [slider, value] of [[black, 0], [white, 1], [gamma, 1]] as const) slider.querySelector("input")!.value = String(value);
          tint.value = "grey";
          applyDisplay(this.display);
        },
      },
      "As it was",
    );
    replace(this.part, h("option", { value: "" }, "its colours"), ...partsOfColour.map((name) => h("option", { value: name }, name)));
    this.element = h("div", {}, this.channels, this.partField, black, white, gamma, labelled("Colour", tint), reset);
  }

  private slider(key: "black" | "white" | "gamma", text: string, min: number, max: number): HTMLElement {
    const input = h("input", {
      type: "range",
      min,
      max,
      step: 0.01,
      value: this.display[key],
      input: () => {
        this.display[key] = Number(input.value);
        applyDisplay(this.display);
      },
    });
    return labelled(text, input);
  }

  /** What is shown of the present image: of a file with channels the one that was looked at, until another is chosen. */
  layers(): Layer[] {
    const state = this.app.state;
    const image = state?.images?.[this.app.image];
    this.partField.hidden = !image?.colour || image.channels !== undefined;
    this.channels.hidden = image?.channels === undefined;
    if (!image?.channels) return [{ view: image?.colour ? this.part.value : "", tint: "" }];
    const key = JSON.stringify([state!.generation, image.channels]);
    if (key !== this.drawnFor) {
      this.drawnFor = key;
      const looked = state!.choices.channel || state!.look?.plane_channel || "";
      const at = Math.max(0, image.channels.findIndex((name, index) => name === looked || String(index + 1) === looked));
      let next = 0;
      this.shown = image.channels.map((name, index) => ({ name, on: index === at, colour: channelColours[index === at ? 0 : 1 + (next++ % 6)]![0] }));
      this.drawChannels();
    }
    const on = this.shown.filter((channel) => channel.on);
    return on.map(({ name, colour }) => ({ view: name, tint: colour === "ffffff" ? "" : colour }));
  }

  private drawChannels(): void {
    replace(
      this.channels,
      ...this.shown.map((channel) => {
        const box = h("input", {
          type: "checkbox",
          checked: channel.on,
          change: () => {
            if (!box.checked && this.shown.filter(({ on }) => on).length === 1) box.checked = true; // one is always shown
            channel.on = box.checked;
            this.changed();
          },
        });
        const colour = h(
          "select",
          {
            "aria-label": `Colour of ${channel.name}`,
            change: () => {
              channel.colour = colour.value;
              this.changed();
            },
          },
          ...channelColours.map(([value, name]) => h("option", { value, selected: value === channel.colour }, name)),
        );
        return h("div", { class: "channel" }, h("label", {}, box, h("span", { class: "channel-name", title: channel.name }, channel.name)), colour);
      }),
    );
  }
}
