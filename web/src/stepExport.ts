import { post } from "./api";
import type { App, Step } from "./app";
import { h, replace } from "./dom";

const meaning: Record<string, string> = {
  labels: "Label maps (TIFF): each object a number, for every program",
  overlay: "Pictures with outlines (PNG)",
  csv: "Table of all measurements (CSV), for spreadsheets and R",
  rois: "Selections for ImageJ and Fiji",
  geojson: "Outlines for QuPath (GeoJSON)",
  coco: "Outlines for training other programs (COCO)",
  ctc: "Masks of the Cell Tracking Challenge",
  cellpose: "Masks as Cellpose writes them",
  "ome-tiff": "Label maps as OME-TIFF",
  "ome-zarr": "Label maps as OME-Zarr, with the image",
  "ome-zarr-0.5": "The same in OME-Zarr 0.5",
};

/** Every form, and the lines that repeat the job. */
export function exportStep(app: App): Step {
  const forms = h("fieldset", {});
  const status = h("p", { role: "status", "aria-live": "polite" });
  const write = h("button", { type: "button", class: "primary", click: () => void app.attempt(() => post("export")) }, "Write results");
  const where = h("p", { class: "quiet" });
  const command = h("pre", { tabindex: 0, "aria-label": "Command" });
  const python = h("pre", { tabindex: 0, "aria-label": "Lines of Python" });
  const copy = (from: HTMLElement) => {
    const button = h("button", { type: "button", class: "small", click: () => void navigator.clipboard.writeText(from.textContent ?? "").then(() => (button.textContent = "Copied")) }, "Copy");
    return button;
  };
  const element = h(
    "div",
    { class: "page" },
    h("div", { class: "row between" }, h("h1", {}, "Export"), write),
    h(
      "div",
      { class: "two-columns even" },
      h("section", { class: "card" }, h("h2", {}, "Forms"), forms, status, where),
      h(
        "section",
        { class: "card" },
        h("h2", {}, "The same again"),
        h("p", { class: "quiet" }, "This command does the whole job without the page, for instance on more images. Corrections by hand are not part of it."),
        command,
        copy(command),
        h("h2", {}, "In Python"),
        python,
        copy(python),
      ),
    ),
  );
  let drawn = "";

  async function take(): Promise<void> {
    const save = [...forms.querySelectorAll("input")].filter((input) => input.checked).map((input) => input.value);
    await app.attempt(() => post("choose", { save: save.join(",") }));
  }

  return {
    id: "export",
    title: "Export",
    element,
    update() {
      const state = app.state;
      if (!state) return;
      const key = JSON.stringify([state.choices.save, state.forms, state.output]);
      if (key !== drawn) {
        drawn = key;
        const chosen = new Set(state.choices.save.split(","));
        const always = ["labels", "overlay", "csv"];
        replace(
          forms,
          h("legend", {}, "What is written of each image"),
          ...state.forms.map((form) => {
            const fixed = always.includes(form);
            return h(
              "label",
              { class: "choice" },
              h("input", { type: "checkbox", value: form, checked: fixed || chosen.has(form), disabled: fixed, change: () => void take() }),
              h("span", {}, meaning[form] ?? form, fixed && h("span", { class: "quiet" }, " (always)")),
            );
          }),
        );
        where.textContent = state.output ? `Results as they were found lie in ${state.output}. With your corrections they are written to the folder "corrected" in it.` : "";
      }
      const corrected = state.results?.filter((result) => result.corrected).length ?? 0;
      const count = state.results?.length ?? 0;
      const ours = app.job.kind === "export";
      write.disabled = app.job.running || count === 0;
      const last = app.messages.filter(([level]) => level === "info").at(-1)?.[1];
      status.textContent =
        ours && app.job.running
          ? `Writing ${app.job.done} of ${app.job.total} images …`
          : ours && app.job.failure
            ? app.job.failure
            : ours && last
              ? `Done: ${last}.`
              : count === 0
                ? "There are no results yet: learn first."
                : `${count} images with results, ${corrected} of them corrected.`;
      command.textContent = state.command ?? "";
      python.textContent = state.python ?? "";
    },
  };
}
