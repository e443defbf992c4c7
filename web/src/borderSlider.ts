import { get, type ObjectList, post } from "./api";
import type { App } from "./app";
import { h, labelled } from "./dom";
import { Objects } from "./objects";

/**
 * Draws the outlines of the shown picture at other border levels, as the command would. The networks see the picture
 * once, when the slider is first moved; after that outlines follow the slider. Nothing is changed until all images
 * are outlined so.
 */
export class BorderSlider {
  readonly element: HTMLElement;
  /** What is drawn instead of the results; null = the results themselves. */
  drawn: Objects | null = null;
  private readonly slider: HTMLInputElement;
  private readonly output = h("output", {});
  private readonly note = h("p", { class: "quiet", role: "status", "aria-live": "polite" });
  private readonly apply = h("button", { type: "button", class: "primary small", click: () => void this.outlineAll() }, "Outline all images so");
  private readonly back = h("button", { type: "button", class: "small", click: () => this.reset() }, "Back to the results");
  private readonly buttons = h("div", { class: "row" }, this.apply, this.back);
  key = ""; // of the picture and its results
  private asked: number | null = null;
  private busy = false;

  constructor(
    private readonly app: App,
    private readonly picture: () => number,
    private readonly changed: () => void,
  ) {
    this.slider = h("input", { type: "range", min: 0.1, max: 0.8, step: 0.01, input: () => this.ask(Number(this.slider.value)) });
    const field = labelled("Border level", this.slider, this.output);
    this.slider.title = "Where outlines lie between background (low: wider) and object (high: tighter)";
    this.element = h("div", { class: "border-slider" }, field, this.note, this.buttons);
    this.buttons.hidden = true;
  }

  /** @param key  of the picture and its results. */
  update(key: string): void {
    const level = this.app.state?.border_level ?? 0;
    this.element.hidden = level <= 0;
    this.slider.disabled = this.app.job.running;
    this.apply.disabled = this.app.job.running;
    if (key === this.key) return;
    this.key = key;
    this.reset();
  }

  reset(): void {
    const level = this.app.state?.border_level ?? 0;
    this.drawn = null;
    this.asked = null;
    this.slider.value = String(level);
    this.output.textContent = level.toFixed(2);
    this.note.textContent = "";
    this.buttons.hidden = true;
    this.changed();
  }

  /** The last level that was asked for while another one was drawn is drawn next. */
  private ask(level: number): void {
    this.output.textContent = level.toFixed(2);
    this.asked = level;
    if (!this.busy) void this.draw();
  }

  private async draw(): Promise<void> {
    this.busy = true;
    if (!this.drawn) this.note.textContent = "Looking at this picture once …";
    while (this.asked !== null) {
      const level = this.asked;
      const key = this.key;
      this.asked = null;
      const done = await this.app.attempt(async () => {
        const [image, picture] = [this.app.image, this.picture()];
        const list = await get<ObjectList>(`outlines/${image}?picture=${picture}&border_level=${level}`);
        if (key !== this.key) return;
        this.drawn = new Objects({ ...list, revision: -1, can_undo: false, can_redo: false, can_correct: false, remark: "", changed: [] }, image, picture);
        const own = list.border_level ?? 0;
        const ofModel = own > 0 ? `The model's own level is ${own.toFixed(2)}.` : "By itself the model leaves outlines as the networks draw them.";
        this.note.textContent = `Only drawn so far; corrections of this image are not shown. ${ofModel}`;
        this.buttons.hidden = false;
        this.changed();
      });
      if (!done) this.reset();
    }
    this.busy = false;
  }

  private async outlineAll(): Promise<void> {
    const level = Number(this.slider.value);
    const done = await this.app.attempt(async () => {
      await post("choose", { border_level: level });
      await post("outline");
    });
    if (done) this.reset();
  }
}
