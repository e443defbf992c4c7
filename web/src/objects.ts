import { get, type ObjectList } from "./api";
import type { Point, View } from "./viewer";

/** One object with what is drawn of it. */
export interface SeenObject {
  index: number;
  label: number;
  path: Path2D;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  changed: boolean;
}

export type Fill = "outlines" | "filled" | "none";

/** Objects that are near each other differ in colour: the golden angle spreads hues. */
const hue = (label: number): number => (label * 137.508) % 360;
const heat = (share: number): string => `hsl(${Math.round(10 + 120 * Math.min(1, Math.max(0, share)))} 95% 55%)`;

/** The objects of one image, as the server told them. */
export class Objects {
  readonly seen: SeenObject[];
  private readonly columnIndex: Map<string, number>;

  constructor(readonly list: ObjectList) {
    this.columnIndex = new Map(list.columns.map((name, index) => [name, index]));
    const changed = new Set(list.changed);
    this.seen = list.outlines.map((rings, index) => makeSeen(rings, index, list.rows[index]![0]!, changed));
  }

  static async fetch(image: number, picture: number): Promise<Objects> {
    return new Objects(await get<ObjectList>(`objects/${image}?picture=${picture}`));
  }

  value(index: number, column: string): number | null {
    const at = this.columnIndex.get(column);
    return at === undefined ? null : (this.list.rows[index]?.[at] ?? null);
  }

  values(column: string): (number | null)[] {
    return this.seen.map((object) => this.value(object.index, column));
  }

  withLabel(label: number): SeenObject | undefined {
    return this.seen.find((object) => object.label === label);
  }
}

function makeSeen(rings: number[][], index: number, label: number, changed: Set<number>): SeenObject {
  const path = new Path2D();
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const x = ring[i]!;
      const y = ring[i + 1]!;
      if (i === 0) path.moveTo(x, y);
      else path.lineTo(x, y);
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x);
      y0 = Math.min(y0, y);
      y1 = Math.max(y1, y);
    }
    path.closePath();
  }
  return { index, label, path, x0, y0, x1, y1, changed: changed.has(label) };
}

export interface Looks {
  fill: Fill;
  colourBy: "object" | "score" | "quality";
  isShown(object: SeenObject): boolean;
  selected: Set<number>; // labels
}

/** Below so many px of the screen an object is a dot. */
const dotSide = 3;

/** Draws those objects that are in view. */
export function drawObjects(context: CanvasRenderingContext2D, view: View, objects: Objects, looks: Looks): void {
  if (looks.fill === "none") return;
  const ratio = context.getTransform().a;
  const width = context.canvas.width / ratio;
  const height = context.canvas.height / ratio;
  const inView = (o: SeenObject): boolean =>
    o.x1 * view.scale + view.dx >= 0 && o.y1 * view.scale + view.dy >= 0 && o.x0 * view.scale + view.dx <= width && o.y0 * view.scale + view.dy <= height;
  context.save();
  context.transform(view.scale, 0, 0, view.scale, view.dx, view.dy);
  context.lineJoin = "round";
  const line = 1.6 / view.scale;
  const chosen: SeenObject[] = [];
  for (const object of objects.seen) {
    if (!inView(object) || !looks.isShown(object)) continue;
    if (looks.selected.has(object.label)) chosen.push(object);
    const colour = colourOf(objects, object, looks.colourBy);
    if (Math.max(object.x1 - object.x0, object.y1 - object.y0) * view.scale < dotSide) {
      context.fillStyle = colour;
      context.fillRect(object.x0, object.y0, object.x1 - object.x0, object.y1 - object.y0);
      continue;
    }
    if (looks.fill === "filled") {
      context.globalAlpha = 0.4;
      context.fillStyle = colour;
      context.fill(object.path, "evenodd");
      context.globalAlpha = 1;
    }
    context.lineWidth = line;
    context.strokeStyle = colour;
    context.stroke(object.path);
  }
  for (const object of chosen) {
    context.lineWidth = 5 / view.scale;
    context.strokeStyle = "rgba(0, 0, 0, 0.8)";
    context.stroke(object.path);
    context.lineWidth = 2.6 / view.scale;
    context.strokeStyle = "#ffffff";
    context.stroke(object.path);
  }
  context.restore();
}

function colourOf(objects: Objects, object: SeenObject, by: Looks["colourBy"]): string {
  if (by === "object") return `hsl(${hue(object.label)} 95% 62%)`;
  const value = objects.value(object.index, by);
  return value === null ? "#b9c0c7" : heat(value);
}

const ruler = document.createElement("canvas").getContext("2d")!;

/** The object that a point of the image lies in. */
export function objectAt(objects: Objects, point: Point, isShown: (object: SeenObject) => boolean): SeenObject | undefined {
  return objects.seen.find(
    (o) =>
      point.x >= o.x0 && point.x <= o.x1 && point.y >= o.y0 && point.y <= o.y1 && isShown(o) && ruler.isPointInPath(o.path, point.x, point.y, "evenodd"),
  );
}

/** Those whose middle lies in a polygon. */
export function objectsInPolygon(objects: Objects, polygon: Point[], isShown: (object: SeenObject) => boolean): SeenObject[] {
  const path = new Path2D();
  polygon.forEach((point, index) => (index === 0 ? path.moveTo(point.x, point.y) : path.lineTo(point.x, point.y)));
  path.closePath();
  return objects.seen.filter((o) => isShown(o) && ruler.isPointInPath(path, (o.x0 + o.x1) / 2, (o.y0 + o.y1) / 2, "evenodd"));
}
