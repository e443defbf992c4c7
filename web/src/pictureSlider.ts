import { h } from "./dom";

/** Which picture of a film or stack is shown; the keys "," and "." go one back and on. */
export class PictureSlider {
  readonly element: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly output = h("output", {});

  constructor(private readonly choose: (picture: number) => void) {
    this.slider = h("input", { type: "range", min: 1, max: 1, step: 1, value: 1, "aria-label": "Picture of the film or stack", input: () => this.choose(Number(this.slider.value) - 1) });
    this.element = h("div", { class: "pictures", hidden: true }, this.slider, this.output);
    window.addEventListener("keydown", (event) => this.key(event));
  }

  update(count: number, shown: number): void {
    this.element.hidden = count < 2;
    this.slider.max = String(count);
    this.slider.value = String(shown + 1);
    this.output.textContent = `Picture ${shown + 1} of ${count}`;
  }

  private key(event: KeyboardEvent): void {
    const step = event.key === "." ? 1 : event.key === "," ? -1 : 0;
    if (step === 0 || event.ctrlKey || event.metaKey || event.altKey || this.element.offsetParent === null) return;
    if ((event.target as HTMLElement).closest("input:not([type=range]), textarea, select")) return;
    const next = Number(this.slider.value) + step;
    if (next >= 1 && next <= Number(this.slider.max)) this.choose(next - 1);
  }
}
