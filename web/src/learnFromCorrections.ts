import { post } from "./api";
import type { App } from "./app";
import { h } from "./dom";
import { stageName } from "./stepLearn";

/** What was corrected teaches the program: the outlines alone, or shapes and all. */
export class LearnFromCorrections {
  readonly element: HTMLElement;
  private readonly calibrate = h("button", { type: "button", click: () => void this.app.attempt(() => post("outline", { calibrate: true })) }, "Make the outlines like these");
  private readonly learn = h("button", { type: "button", click: () => void this.learnAgain() }, "Learn again from these");
  private readonly stop = h("button", { type: "button", class: "small", click: () => void this.app.attempt(() => post("stop", { use: false })) }, "Stop");
  private readonly text = h("p", { class: "quiet", role: "status", "aria-live": "polite" });

  constructor(private readonly app: App) {
    this.calibrate.title = "Makes outlines as tight or wide as yours and outlines all other images again; takes seconds an image";
    this.learn.title = "Learns shapes from your objects, trains anew, and outlines all other images again; takes as long as the first time";
    this.element = h("section", { class: "teaching" }, h("h2", {}, "Learn from corrections"), this.text, h("div", { class: "row" }, this.calibrate, this.learn, this.stop));
  }

  private async learnAgain(): Promise<void> {
    if (await this.app.attempt(() => post("learn", { from: "corrections" }))) location.hash = "learn";
  }

  /** @param corrected  how many images are. */
  update(corrected: number): void {
    const { job } = this.app;
    const ours = job.kind === "calibrate" || job.kind === "outline";
    this.calibrate.disabled = this.learn.disabled = job.running || corrected === 0;
    this.stop.hidden = !(ours && job.running);
    this.text.classList.toggle("failure", ours && !job.running && job.failure !== "");
    const share = job.total > 0 ? ` ${Math.round((100 * job.done) / job.total)} %` : "";
    const result = this.app.messages.filter(([, text]) => text.startsWith("masks are cut")).at(-1)?.[1];
    this.text.textContent =
      ours && job.running
        ? `${stageName(job.stage)}${share}`
        : ours && job.failure
          ? job.failure
          : ours && result
            ? `Done: ${result}.`
            : corrected === 0
              ? "Correct one image or more first."
              : corrected === 1
                ? "One image is corrected; it stays as it is, all others are outlined again."
                : `${corrected} images are corrected; they stay as they are, all others are outlined again.`;
  }
}
