import { post, Refused } from "./api";
import type { App } from "./app";
import { h } from "./dom";
import { contains, type Objects, objectsInPolygon, type SeenObject } from "./objects";
import type { Point, View, Viewer } from "./viewer";

export type Tool = "select" | "box" | "lasso" | "split" | "draw" | "add" | "cut";

const tools: [Tool, string, string, string][] = [
  ["select", "Select", "v", "Click an object; Shift-click adds more"],
  ["box", "Box", "b", "Drag a box to select all objects in it"],
  ["lasso", "Lasso", "l", "Draw around objects to select them"],
  ["split", "Split", "s", "Draw a line across an object: it becomes two"],
  ["draw", "Draw", "d", "Draw around an object that was missed"],
  ["add", "Add to", "a", "Select an object, then draw around what is missing of it"],
  ["cut", "Cut off", "x", "Select an object, then draw around what does not belong to it"],
];

interface Surroundings {
  app: App;
  viewer: Viewer;
  objects(): Objects | null;
  isShown(object: SeenObject): boolean;
  selected: Set<number>;
  select(labels: Iterable<number>): void;
  /** Fetches the objects again. */
  reload(): Promise<void>;
}

/** The toolbar, its keys, and what they do. */
export class Correcting {
  readonly element: HTMLElement;
  readonly hint = h("p", { class: "hint", role: "status", "aria-live": "polite" });
  tool: Tool = "select";
  private stroke: Point[] = [];
  private active = false;
  private busy = false;
  private readonly buttons = new Map<string, HTMLButtonElement>();

  constructor(private readonly at: Surroundings) {
    const button = (key: string, text: string, shortcut: string, title: string, act: () => void) => {
      const made = h("button", { type: "button", class: "tool", title: `${title} (${shortcut})`, "aria-keyshortcuts": shortcut, click: act }, text, h("kbd", {}, shortcut));
      this.buttons.set(key, made);
      return made;
    };
    this.element = h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Correct" },
      ...tools.map(([tool, text, key, title]) => button(tool, text, key.toUpperCase(), title, () => this.take(tool))),
      h("span", { class: "gap" }),
      button("delete", "Delete", "Del", "Delete the selected objects", () => void this.onSelected("delete")),
      button("merge", "Merge", "M", "Make one of the selected objects", () => void this.onSelected("merge")),
      button("fill", "Fill", "F", "Fill the holes of the selected object", () => void this.onSelected("fill")),
      h("span", { class: "gap" }),
      button("undo", "Undo", "Z", "Take back the last correction", () => void this.send({ do: "undo" })),
      button("redo", "Redo", "Y", "Do again what was taken back", () => void this.send({ do: "redo" })),
    );
    window.addEventListener("keydown", (event) => this.key(event));
    this.take("select");
  }

  setActive(active: boolean): void {
    this.active = active;
    this.take(this.tool);
  }

  update(): void {
    const list = this.at.objects()?.list;
    const count = this.at.selected.size;
    const able: Record<string, boolean> = {
      delete: count > 0,
      merge: count > 1,
      fill: count === 1,
      undo: list?.can_undo ?? false,
      redo: list?.can_redo ?? false,
    };
    const barred = !(list?.can_correct ?? false) || this.at.app.job.running;
    for (const [name, can] of Object.entries(able)) this.buttons.get(name)!.disabled = !can || barred;
    for (const [tool] of tools) this.buttons.get(tool)!.disabled = barred;
    this.hint.textContent = list && !list.can_correct ? "Outlines at another border level are only drawn; go back to the results to correct." : tools.find(([name]) => name === this.tool)![3] + ".";
  }

  take(tool: Tool): void {
    this.tool = tool;
    this.update();
    for (const [name] of tools) this.buttons.get(name)?.setAttribute("aria-pressed", String(name === tool));
    const draws = this.active && tool !== "select";
    this.at.viewer.element.classList.toggle("drawing-tool", draws);
    this.at.viewer.onStroke = draws
      ? {
          move: (points) => {
            this.stroke = tool === "box" ? boxOf(points) : points;
          },
          end: (points) => {
            this.stroke = [];
            void this.finish(tool, tool === "box" ? boxOf(points) : points); // the tool that it was begun with
          },
        }
      : null;
  }

  drawStroke(context: CanvasRenderingContext2D, view: View): void {
    if (this.stroke.length < 2) return;
    context.beginPath();
    for (const point of this.stroke) context.lineTo(point.x * view.scale + view.dx, point.y * view.scale + view.dy);
    if (this.tool !== "split") context.closePath();
    context.setLineDash([]);
    context.lineWidth = 4;
    context.strokeStyle = "rgba(0, 0, 0, 0.7)";
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = "#ffffff";
    context.stroke();
  }

  private async finish(tool: Tool, points: Point[]): Promise<void> {
    const objects = this.at.objects();
    if (!objects || points.length < 2) return;
    const flat = thinned(points).flatMap(({ x, y }) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
    const only = this.at.selected.size === 1 ? [...this.at.selected][0]! : null;
    if (tool === "lasso" || tool === "box") {
      this.at.select(objectsInPolygon(objects, points, (object) => this.at.isShown(object)).map((object) => object.label));
    } else if (tool === "split") {
      const crossed = mostCrossed(objects, points, (object) => this.at.isShown(object));
      if (crossed) await this.send({ do: "split", label: crossed.label, line: flat });
      else this.at.app.tell("The line crosses no object.");
    } else if (tool === "draw") {
      await this.send({ do: "draw", polygon: flat });
    } else if (only === null) {
      this.at.app.tell("Select one object first.");
    } else {
      await this.send({ do: tool, label: only, polygon: flat });
    }
  }

  async onSelected(what: "delete" | "merge" | "fill"): Promise<void> {
    const labels = [...this.at.selected];
    if (what === "fill" && labels.length === 1) await this.send({ do: "fill", label: labels[0] });
    if (what === "delete" && labels.length > 0) await this.send({ do: "delete", labels });
    if (what === "merge" && labels.length > 1) await this.send({ do: "merge", labels });
  }

  async send(action: object): Promise<void> {
    const { app } = this.at;
    const objects = this.at.objects();
    if (this.busy || !objects?.list.can_correct) return;
    this.busy = true;
    try {
      await post("correct", { image: objects.image, picture: objects.picture, revision: objects.list.revision, action });
    } catch (error) {
      app.tell(error instanceof Refused ? error.message : "The studio does not answer; is the program still running?");
    }
    this.busy = false;
    await this.at.reload();
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const writes = target.closest("input:not([type=range]):not([type=radio]):not([type=checkbox]), textarea, select") !== null;
    if (!this.active || writes || event.altKey) return;
    const key = event.key.toLowerCase();
    const control = event.ctrlKey || event.metaKey;
    const tool = tools.find(([, , of]) => of === key);
    const act = (action: () => void): void => {
      event.preventDefault();
      action();
    };
    if (key === "z" && event.shiftKey) act(() => void this.send({ do: "redo" }));
    else if (key === "z") act(() => void this.send({ do: "undo" }));
    else if (key === "y") act(() => void this.send({ do: "redo" }));
    else if (control) return;
    else if (key === "delete" || key === "backspace") act(() => void this.onSelected("delete"));
    else if (key === "m") act(() => void this.onSelected("merge"));
    else if (key === "f") act(() => void this.onSelected("fill"));
    else if (key === "escape") act(() => this.at.select([]));
    else if (tool) act(() => this.take(tool[0]));
  }
}

/** The corners of the box from the first point to the last. */
function boxOf(points: Point[]): Point[] {
  const [a, b] = [points[0]!, points.at(-1)!];
  return [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
}

/** Without points that are nearer than half a pixel to the one before. */
function thinned(points: Point[]): Point[] {
  const kept = [points[0]!];
  for (const point of points.slice(1)) {
    const last = kept.at(-1)!;
    if (Math.hypot(point.x - last.x, point.y - last.y) >= 0.5) kept.push(point);
  }
  if (kept.length < 2) kept.push(points.at(-1)!);
  return kept;
}

/** The object that most of a line lies in. */
function mostCrossed(objects: Objects, line: Point[], isShown: (object: SeenObject) => boolean): SeenObject | undefined {
  const samples: Point[] = [];
  for (let i = 1; i < line.length; ++i) {
    const [a, b] = [line[i - 1]!, line[i]!];
    const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y)));
    for (let step = 0; step < steps; ++step) samples.push({ x: a.x + ((b.x - a.x) * step) / steps, y: a.y + ((b.y - a.y) * step) / steps });
  }
  let best: SeenObject | undefined;
  let most = 0;
  for (const object of objects.seen) {
    if (!isShown(object)) continue;
    const inside = samples.filter((point) => contains(object, point)).length;
    if (inside > most) [best, most] = [object, inside];
  }
  return best;
}
