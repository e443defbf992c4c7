import type { ResultEntry } from "./api";
import type { App, Step } from "./app";
import { h, labelled, replace, short } from "./dom";
import { ImageList } from "./imageList";
import { BorderSlider } from "./borderSlider";
import { DisplayControls } from "./displayControls";
import { LearnFromCorrections } from "./learnFromCorrections";
import { drawObjects, type Fill, objectAt, Objects, type SeenObject } from "./objects";
import { PictureSlider } from "./pictureSlider";
import { columnName, ScatterPlot } from "./plot";
import { Correcting } from "./tools";
import { type View, Viewer, zoomButtons } from "./viewer";

const worst: Record<string, number> = { failed: 0, "do not trust": 1, "look at these": 2, good: 3 };
const levels: Record<string, string> = { failed: "bad", "do not trust": "bad", "look at these": "middling", good: "good" };
const told: Record<string, string> = { "look at these": "look at it" };

/** Those that look worst first. */
function byDoubt(a: ResultEntry, b: ResultEntry): number {
  const rank = (entry: ResultEntry): number => worst[entry.verdict ?? ""] ?? 4;
  return rank(a) - rank(b) || (a.confidence ?? 2) - (b.confidence ?? 2) || a.image - b.image;
}

/** Looks at what was found; with tools, corrects it. The two steps share one view. */
export function resultsSteps(app: App): Step[] {
  const viewer = new Viewer("Image with the outlines of its objects");
  const selected = new Set<number>();
  let objects: Objects | null = null; // what is shown: the results, or outlines at another border level
  let found: Objects | null = null;
  let picture = 0; // of a film or stack
  let objectsFor = "";
  let wanted = "";
  let fill: Fill = "outlines";
  let colourBy: "object" | "score" | "quality" = "object";
  const least = { score: 0, quality: 0 };

  const list = new ImageList(app, (image) => {
    app.image = image;
    picture = 0;
    select([]);
    app.changed();
  });
  const heading = h("h1", {});
  const verdict = h("p", { class: "verdict", role: "status" });
  const isShown = (object: SeenObject): boolean =>
    (["score", "quality"] as const).every((column) => {
      const value = objects?.value(object.index, column) ?? null;
      return value === null || value >= least[column];
    });

  function select(labels: Iterable<number>): void {
    selected.clear();
    for (const label of labels) selected.add(label);
    refresh();
  }

  const correcting = new Correcting({ app, viewer, objects: () => objects, isShown, selected, select, reload: () => load(true) });
  viewer.still.draw = (context, view, width, height) => {
    if (!objects) return 0;
    const { drawn, lacksOutlines } = drawObjects(context, view, width, height, objects, { fill, colourBy, isShown, selected });
    if (lacksOutlines) void needOutlines(objects, view, width, height);
    return drawn;
  };
  viewer.draw = (context, view) => correcting.drawStroke(context, view);
  /** Of what is in view, and a little around it. */
  async function needOutlines(of: Objects, { scale, dx, dy }: View, width: number, height: number): Promise<void> {
    const [x0, y0, x1, y1] = [-width / 4, -height / 4, 1.25 * width, 1.25 * height].map((at, side) => (at - (side % 2 === 0 ? dx : dy)) / scale) as [number, number, number, number];
    await app.attempt(() => of.need(x0, y0, x1, y1, () => viewer.redraw()));
  }
  viewer.onClick = (point, event) => {
    if (!objects) return;
    const hit = objectAt(objects, point, isShown);
    if (!hit) return select([]);
    if (!event.shiftKey) return select([hit.label]);
    const next = new Set(selected);
    if (!next.delete(hit.label)) next.add(hit.label);
    select(next);
  };

  const plot = new ScatterPlot((labels) => select(labels));
  const measured = h("div", { class: "measured" });
  const count = h("p", { role: "status" });
  const removeHidden = h("button", { type: "button", click: () => void deleteHidden() }, "Delete what is hidden");

  function threshold(column: "score" | "quality", text: string): HTMLElement {
    const output = h("output", {}, "0");
    const input = h("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.01,
      value: 0,
      input: () => {
        least[column] = Number(input.value);
        output.textContent = least[column].toFixed(2);
        refresh();
      },
    });
    return labelled(text, input, output);
  }

  const fills = (["outlines", "filled", "none"] as const).map((kind) =>
    h(
      "button",
      {
        type: "button",
        "data-fill": kind,
        click: () => {
          fill = kind;
          refresh();
        },
      },
      { outlines: "Outlines", filled: "Filled", none: "Image only" }[kind],
    ),
  );
  const colourChoice = h(
    "select",
    {
      change: () => {
        colourBy = colourChoice.value as typeof colourBy;
        viewer.redraw();
      },
    },
    h("option", { value: "object" }, "each its own"),
    h("option", { value: "score" }, "score"),
    h("option", { value: "quality" }, "quality"),
  );
  const display = new DisplayControls(app, () => app.changed());
  const border = new BorderSlider(app, () => picture, () => showObjects());
  const teaching = new LearnFromCorrections(app);
  const pictures = new PictureSlider((chosen) => {
    picture = chosen;
    app.changed();
  });

  function showObjects(): void {
    const before = objects?.seen.length;
    objects = border.drawn ?? found;
    // At another border level objects may come and go, and are numbered anew.
    if (border.drawn && before !== objects?.seen.length) selected.clear();
    const there = new Set(objects?.seen.map((object) => object.label));
    for (const label of [...selected]) if (!there.has(label)) selected.delete(label);
    refresh();
  }

  const panel = h(
    "aside",
    { class: "panel" },
    heading,
    verdict,
    h("div", { class: "segmented", role: "group", "aria-label": "What is drawn" }, ...fills),
    count,
    border.element,
    threshold("score", "Least score"),
    threshold("quality", "Least quality"),
    removeHidden,
    teaching.element,
    h("h2", {}, "Selected"),
    measured,
    h("h2", {}, "Plot"),
    plot.element,
    h("details", {}, h("summary", {}, "Channels, contrast and colours"), display.element, labelled("Outline colour", colourChoice)),
  );
  const toolRow = h("div", { class: "tool-row" }, correcting.element, correcting.hint);
  const stage = h("div", { class: "stage with-tools" }, toolRow, viewer.element, pictures.element, zoomButtons(viewer));
  const element = h("div", { class: "workspace" }, list.element, stage, panel);
  const nothing = h("p", { class: "empty" }, "There are no results yet. ", h("a", { href: "#learn" }, "Learn"), " first.");
  stage.append(nothing);

  async function deleteHidden(): Promise<void> {
    const labels = objects?.seen.filter((object) => !isShown(object)).map((object) => object.label) ?? [];
    if (labels.length > 0) await correcting.send({ do: "delete", labels });
  }

  /** @param again  also where the image is the one that is shown. */
  async function load(again: boolean): Promise<void> {
    const state = app.state;
    if (!state?.results?.some((result) => result.image === app.image)) {
      found = null;
      objectsFor = "";
      return showObjects();
    }
    const key = `${state.generation}/${app.image}/${picture}/${app.touched[`edit:${app.image}`] ?? 0}/${finished}`;
    border.update(`${state.generation}/${app.image}/${picture}/${finished}`);
    if (!again && (key === objectsFor || key === wanted)) return;
    wanted = key;
    await app.attempt(async () => {
      const [image, of] = [app.image, picture];
      const fetched = await Objects.fetch(image, of);
      if (image !== app.image || of !== picture) return;
      const sameImage = objectsFor.startsWith(`${state.generation}/${image}/`);
      found = fetched;
      objectsFor = wanted;
      if (!sameImage) selected.clear();
      if (fetched.list.remark && !sameImage) app.tell(fetched.list.remark);
    });
    showObjects();
  }
  let finished = 0; // jobs that ended while this page looked
  let wasRunning = false;

  function refresh(): void {
    for (const button of fills) button.setAttribute("aria-pressed", String(button.dataset["fill"] === fill));
    const total = objects?.seen.length ?? 0;
    const shown = objects?.seen.filter(isShown).length ?? 0;
    count.textContent = objects ? (shown === total ? `${total} objects` : `${shown} of ${total} objects shown`) : "";
    removeHidden.hidden = shown === total || !objects?.list.can_correct;
    removeHidden.textContent = `Delete the ${total - shown} hidden`;
    removeHidden.disabled = app.job.running;
    drawMeasured();
    plot.update(objects, isShown, selected, `${least.score}/${least.quality}`);
    correcting.update();
    viewer.redraw();
  }

  const tableColumns = ["score", "quality", "AreaShape_Area", "AreaShape_EquivalentDiameter", "AreaShape_MajorAxisLength", "AreaShape_MinorAxisLength", "AreaShape_Eccentricity", "AreaShape_Perimeter", "Intensity_MeanIntensity", "Intensity_IntegratedIntensity"];

  function drawMeasured(): void {
    const chosen = objects?.seen.filter((object) => selected.has(object.label)) ?? [];
    if (!objects || chosen.length === 0) {
      replace(measured, h("p", { class: "quiet" }, "Click an object to see its measurements."));
      return;
    }
    const mean = (column: string): number | null => {
      const values = chosen.map((object) => objects!.value(object.index, column)).filter((value): value is number => value !== null);
      return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null;
    };
    const one = chosen.length === 1 ? chosen[0]! : null;
    replace(
      measured,
      h("p", {}, one ? `Object ${one.label}${one.changed ? ", corrected by hand" : ""}` : `${chosen.length} objects; their means:`),
      h("table", {}, h("tbody", {}, ...tableColumns.map((column) => h("tr", {}, h("th", { scope: "row" }, columnName(column)), h("td", {}, short(mean(column))))))),
    );
  }

  function update(): void {
    const state = app.state;
    if (!state?.images) return;
    if (wasRunning && !app.job.running) ++finished;
    wasRunning = app.job.running;
    const results = [...(state.results ?? [])].sort(byDoubt);
    nothing.hidden = results.length > 0;
    viewer.element.hidden = results.length === 0;
    if (results.length > 0 && !results.some((result) => result.image === app.image)) app.image = results[0]!.image;
    list.update(
      results.map((result) => ({
        image: result.image,
        note: result.verdict ? (told[result.verdict] ?? result.verdict) : "",
        more: result.corrected ? "corrected" : `${result.objects ?? "–"} objects`,
        level: levels[result.verdict ?? ""] ?? "",
      })),
    );
    const here = results.find((result) => result.image === app.image);
    heading.textContent = state.images[app.image]?.name ?? "";
    verdict.className = `verdict ${levels[here?.verdict ?? ""] ?? ""}`;
    verdict.textContent = here?.verdict ? `${told[here.verdict] ?? here.verdict}${here.reason ? `: ${here.reason}` : ""}` : "";
    if (results.length === 0) return;
    pictures.update(state.images[app.image]?.pictures ?? 1, picture);
    void viewer.open(state.generation, app.image, picture, display.layers());
    if (!app.job.running || app.job.kind === "export" || app.job.kind === "look") void load(false);
    border.update(border.key);
    teaching.update(results.filter((result) => result.corrected).length);
    correcting.update();
  }

  const step = (id: string, title: string, corrects: boolean): Step => ({
    id,
    title,
    element,
    update,
    show() {
      toolRow.hidden = !corrects;
      teaching.element.hidden = !corrects;
      correcting.setActive(corrects);
      requestAnimationFrame(() => refresh());
    },
    hide() {
      correcting.setActive(false);
    },
  });
  return [step("results", "Results", false), step("correct", "Correct", true)];
}
