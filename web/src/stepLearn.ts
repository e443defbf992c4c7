import uPlot from "uplot";
import { post } from "./api";
import type { App, Step } from "./app";
import { duration, h, plainLine, replace } from "./dom";

const stageNames: Record<string, string> = {
  "read images": "Reading the images",
  "train prior": "Learning shapes",
  "train detector": "Learning to find objects",
  "find what to learn": "Finding what is sure",
  "learn from finds": "Learning from what was found",
  segment: "Outlining the images",
  calibrate: "Fitting the outlines",
  export: "Writing results",
  "estimate sizes": "Estimating sizes",
};
export const stageName = (stage: string): string => stageNames[stage] ?? (stage || "Getting ready");

const order = ["train prior", "train detector", "find what to learn", "learn from finds", "segment"];

export function themeColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888";
}

/** One button; progress, curve and previews. */
export function learnStep(app: App): Step {
  const status = h("p", { class: "big", role: "status", "aria-live": "polite" });
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress of this part" });
  const parts = h("ol", { class: "parts" });
  const buttons = h("div", { class: "row" });
  const curve = h("div", { class: "curve", role: "img", "aria-label": "Curve of the loss: it should fall" });
  const curveCard = h("section", { class: "card" }, h("h2", {}, "Loss"), h("p", { class: "quiet" }, "How far what is drawn is from the images. It should fall, then level off."), curve);
  const preview = h("img", { class: "preview", alt: "Preview: outlines on your image" });
  const slider = h("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": "Which preview", input: () => pick(Number(slider.value)) });
  const caption = h("p", { class: "quiet" });
  const previewCard = h("section", { class: "card preview-card" }, h("h2", {}, "Preview on your image"), caption, preview, slider);
  const messages = h("ul", { class: "messages", tabindex: 0, "aria-label": "What was told" });
  const messageCard = h("section", { class: "card" }, h("h2", {}, "What was told"), messages);
  const element = h(
    "div",
    { class: "page" },
    h("div", { class: "row between" }, h("h1", {}, "Learn"), buttons),
    h("section", { class: "card" }, status, bar, parts),
    h("div", { class: "two-columns even" }, previewCard, h("div", {}, curveCard, messageCard)),
  );
  let plot: uPlot | null = null;
  let drawnLosses = -1;
  let follows = true;
  let chosen = -1;
  let drawnMessages = "";

  function pick(index: number): void {
    follows = index === app.previews.length - 1;
    showPreview(index);
  }

  function showPreview(index: number): void {
    const name = app.previews[index];
    previewCard.hidden = name === undefined;
    if (name === undefined) return;
    slider.max = String(app.previews.length - 1);
    slider.value = String(index);
    slider.hidden = app.previews.length < 2;
    const steps = Number(/\d+/.exec(name)?.[0] ?? 0);
    caption.textContent = `After ${steps} steps${app.previews.length > 1 ? `; drag to compare (${index + 1} of ${app.previews.length})` : ""}`;
    if (chosen !== index || !preview.src.endsWith(name)) preview.src = `api/preview/${name}`;
    chosen = index;
  }

  function drawCurve(): void {
    const rows = app.losses.filter(([stage]) => stage === "train detector" || stage === "learn from finds" || stage === "train prior");
    curveCard.hidden = rows.length < 2;
    if (rows.length < 2 || rows.length === drawnLosses || curve.clientWidth === 0) return;
    drawnLosses = rows.length;
    const stages = [...new Set(rows.map(([stage]) => stage))];
    const x = rows.map((_, index) => index);
    const series = stages.map((stage) => rows.map(([of, , loss]) => (of === stage ? loss : null)));
    const colours = ["--line-1", "--line-2", "--line-3"].map(themeColour);
    const axis = { stroke: themeColour("--text-quiet"), grid: { stroke: themeColour("--border"), width: 1 }, ticks: { show: false } };
    plot?.destroy();
    plot = new uPlot(
      {
        width: curve.clientWidth,
        height: 180,
        cursor: { show: false },
        legend: { show: true, live: false },
        scales: { x: { time: false } },
        axes: [{ ...axis, show: false }, { ...axis, size: 46 }],
        series: [
          { label: "" },
          ...stages.map((stage, index) => ({ label: stageName(stage), stroke: colours[index % 3]!, width: 2, points: { show: false } })),
        ],
      },
      [x, ...series] as uPlot.AlignedData,
      curve,
    );
  }

  /** @param anew  leaves what a training that was stopped has learned. */
  async function learn(anew: boolean): Promise<void> {
    follows = true;
    drawnLosses = -1;
    const goesOn = app.state?.has_unfinished === true;
    await app.attempt(() => post("learn", { from: goesOn ? "as before" : "images", restart: anew }));
  }
  const stop = (use: boolean) => app.attempt(() => post("stop", { use }));

  function drawButtons(): void {
    const running = app.job.running;
    const learning = running && app.job.kind === "learn";
    const results = (app.state?.results?.length ?? 0) > 0;
    const key = JSON.stringify([running, learning, app.job.stopping, results, app.state?.has_unfinished]);
    if (buttons.dataset["key"] === key) return;
    buttons.dataset["key"] = key;
    const begin = app.state?.has_unfinished ? "Go on learning" : results ? "Learn again" : "Learn";
    replace(
      buttons,
      learning && h("button", { type: "button", disabled: app.job.stopping, click: () => void stop(false) }, "Stop"),
      learning && h("button", { type: "button", class: "primary", disabled: app.job.stopping, click: () => void stop(true) }, app.job.stopping ? "Stopping …" : "Stop and use what is there"),
      !learning && app.state?.has_unfinished && h("button", { type: "button", disabled: running, click: () => void learn(true) }, "Begin anew"),
      !learning && h("button", { type: "button", class: results ? "" : "primary", disabled: running, click: () => void learn(false) }, begin),
      !learning && results && h("a", { class: "button primary", href: "#results" }, "Next: results"),
    );
  }

  function drawStatus(): void {
    const job = app.job;
    const ours = job.kind === "learn";
    const share = job.total > 0 ? job.done / job.total : 0;
    bar.hidden = !(ours && job.running);
    parts.hidden = bar.hidden;
    bar.value = share;
    const left = job.seconds_left !== undefined ? `, about ${duration(job.seconds_left)} left for this part` : "";
    status.textContent = !ours
      ? (app.state?.results?.length ?? 0) > 0
        ? "This folder has results already. Look at them, or learn again with other sizes."
        : "Learning takes some minutes. No outline has to be drawn by hand: shapes and images are enough."
      : job.running
        ? `${stageName(job.stage)}: ${Math.round(share * 100)} %${left}`
        : job.failure
          ? job.failure
          : job.stopped
            ? "Stopped. Nothing is lost: 'Go on learning' goes on from here."
            : `Done in ${duration(job.seconds)}.`;
    status.classList.toggle("failure", ours && !job.running && job.failure !== "");
    const at = order.indexOf(job.stage);
    const key = `${job.stage}`;
    if (parts.dataset["key"] !== key) {
      parts.dataset["key"] = key;
      replace(parts, ...order.map((stage, index) => h("li", { class: index < at ? "done" : index === at ? "now" : "" }, stageName(stage))));
    }
  }

  function drawMessages(): void {
    const key = JSON.stringify(app.messages);
    messageCard.hidden = app.messages.length === 0 || app.job.kind !== "learn";
    if (key === drawnMessages) return;
    drawnMessages = key;
    replace(messages, ...app.messages.slice(-60).map(([level, text]) => h("li", { class: level }, plainLine(text))));
  }

  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawnLosses = -1;
    app.changed();
  });
  window.addEventListener("resize", () => {
    drawnLosses = -1;
    if (!element.hidden) drawCurve();
  });

  return {
    id: "learn",
    title: "Learn",
    element,
    update() {
      if (!app.state) return;
      drawButtons();
      drawStatus();
      drawMessages();
      drawCurve();
      if (app.previews.length === 0) chosen = -1;
      showPreview(follows || chosen >= app.previews.length ? app.previews.length - 1 : chosen);
    },
  };
}
