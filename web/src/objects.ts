import { get, type ObjectList, type OutlineList } from "./api";
import type { Point, View } from "./viewer";

/** One object with what is drawn of it. */
export interface SeenObject {
  index: number;
  label: number;
  /** Null as long as the outline was not told. */
  path: Path2D | null;
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

/** Outlines are asked for in squares of so many px of the image. */
const cellSide = 1024;

/** The objects of one picture, as the server told them. */
export class Objects {
  readonly seen: SeenObject[];
  private readonly columnIndex: Map<string, number>;
  private readonly told = new Set<string>(); // squares whose outlines were asked for
  private asks = false;

  /** @param picture  of the film or stack `image`. */
  constructor(
    readonly list: ObjectList,
    readonly image: number,
    readonly picture: number,
  ) {
    this.columnIndex = new Map(list.columns.map((name, index) => [name, index]));
    const changed = new Set(list.changed);
    const edges = ["Minimum_X", "Minimum_Y", "Maximum_X", "Maximum_Y"].map((edge) => this.columnIndex.get(`AreaShape_BoundingBox${edge}`)!);
    this.seen = list.rows.map((row, index) => {
      const [x0, y0, x1, y1] = edges.map((edge) => row[edge]!) as [number, number, number, number];
      const rings = list.outlines?.[index];
      return { index, label: row[0]!, path: rings ? pathOf(rings) : null, x0, y0, x1, y1, changed: changed.has(row[0]!) };
    });
  }

  static async fetch(image: number, picture: number): Promise<Objects> {
    return new Objects(await get<ObjectList>(`objects/${image}?picture=${picture}`), image, picture);
  }

  /** Asks for the outlines in a part of the image that were not told yet. @param drawn  called when some have come. */
  async need(x0: number, y0: number, x1: number, y1: number, drawn: () => void): Promise<void> {
    if (this.list.outlines || this.asks) return;
    const cell = (at: number, side: number): number => Math.floor(Math.min(Math.max(at, 0), side - 1) / cellSide);
    const missing: [number, number][] = [];
    for (let row = cell(y0, this.list.height); row <= cell(y1, this.list.height); ++row)
      for (let column = cell(x0, this.list.width); column <= cell(x1, this.list.width); ++column)
        if (!this.told.has(`${column}/${row}`)) missing.push([column, row]);
    if (missing.length === 0) return;
    const [columns, rows] = [missing.map(([column]) => column), missing.map(([, row]) => row)];
    const box = { x0: Math.min(...columns) * cellSide, y0: Math.min(...rows) * cellSide, x1: (Math.max(...columns) + 1) * cellSide, y1: (Math.max(...rows) + 1) * cellSide };
    this.asks = true;
    try {
      const list = await get<OutlineList>(`outlines_in/${this.image}?picture=${this.picture}&${new URLSearchParams(Object.entries(box).map(([name, value]) => [name, String(value)]))}`);
      // Of another revision: the objects are about to be fetched again.
      if (list.revision === this.list.revision) this.take(list);
      for (const [column, row] of missing) this.told.add(`${column}/${row}`);
    } finally {
      this.asks = false;
    }
    drawn();
  }

  private take(list: OutlineList): void {
    const rings = new Map(list.labels.map((label, index) => [label, list.outlines[index]!]));
    for (const object of this.seen) {
      const own = rings.get(object.label);
      if (own) object.path = pathOf(own);
    }
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

function pathOf(rings: number[][]): Path2D {
  const path = new Path2D();
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      if (i === 0) path.moveTo(ring[i]!, ring[i + 1]!);
      else path.lineTo(ring[i]!, ring[i + 1]!);
    }
    path.closePath();
  }
  return path;
}

/** Stands for an outline that is still to come. */
function ellipseOf({ x0, y0, x1, y1 }: SeenObject): Path2D {
  const path = new Path2D();
  path.ellipse((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2, 0, 0, 2 * Math.PI);
  return path;
}

/** Whether a point of the image lies in an object; in its box where its outline is not known yet. */
export function contains(object: SeenObject, { x, y }: Point): boolean {
  if (x < object.x0 || x > object.x1 || y < object.y0 || y > object.y1) return false;
  return object.path === null || ruler.isPointInPath(object.path, x, y, "evenodd");
}

export interface Looks {
  fill: Fill;
  colourBy: "object" | "score" | "quality";
  isShown(object: SeenObject): boolean;
  selected: Set<number>; // labels
}

/** Below so many px of the screen an object is a dot, and where outlines are told in parts one of so many. */
const dotSide = 3;
const dotSideInParts = 7;

/**
 * Draws those objects that are in view.
 * @param width, height  of what is seen, px of the screen.
 * @return  how many they are, and whether some of them lack their outlines.
 */
export function drawObjects(context: CanvasRenderingContext2D, view: View, width: number, height: number, objects: Objects, looks: Looks): { drawn: number; lacksOutlines: boolean } {
  let [drawn, lacksOutlines] = [0, false];
  if (looks.fill === "none") return { drawn, lacksOutlines };
  const inView = (o: SeenObject): boolean =>
    o.x1 * view.scale + view.dx >= 0 && o.y1 * view.scale + view.dy >= 0 && o.x0 * view.scale + view.dx <= width && o.y0 * view.scale + view.dy <= height;
  context.save();
  context.transform(view.scale, 0, 0, view.scale, view.dx, view.dy);
  context.lineJoin = "round";
  const line = 1.6 / view.scale;
  const smallest = objects.list.outlines ? dotSide : dotSideInParts;
  const chosen: SeenObject[] = [];
  for (const object of objects.seen) {
    if (!inView(object) || !looks.isShown(object)) continue;
    ++drawn;
    if (looks.selected.has(object.label)) chosen.push(object);
    const colour = colourOf(objects, object, looks.colourBy);
    if (Math.max(object.x1 - object.x0, object.y1 - object.y0) * view.scale < smallest) {
      context.fillStyle = colour;
      context.fillRect(object.x0, object.y0, object.x1 - object.x0, object.y1 - object.y0);
      continue;
    }
    lacksOutlines ||= object.path === null;
    const path = object.path ?? ellipseOf(object);
    if (looks.fill === "filled") {
      context.globalAlpha = 0.4;
      context.fillStyle = colour;
      context.fill(path, "evenodd");
      context.globalAlpha = 1;
    }
    context.lineWidth = line;
    context.strokeStyle = colour;
    context.stroke(path);
  }
  for (const object of chosen) {
    const path = object.path ?? ellipseOf(object);
    context.lineWidth = 5 / view.scale;
    context.strokeStyle = "rgba(0, 0, 0, 0.8)";
    context.stroke(path);
    context.lineWidth = 2.6 / view.scale;
    context.strokeStyle = "#ffffff";
    context.stroke(path);
  }
  context.restore();
  return { drawn, lacksOutlines };
}

function colourOf(objects: Objects, object: SeenObject, by: Looks["colourBy"]): string {
  if (by === "object") return `hsl(${hue(object.label)} 95% 62%)`;
  const value = objects.value(object.index, by);
  return value === null ? "#b9c0c7" : heat(value);
}

const ruler = document.createElement("canvas").getContext("2d")!;

/** The object that a point of the image lies in. */
export function objectAt(objects: Objects, point: Point, isShown: (object: SeenObject) => boolean): SeenObject | undefined {
  return objects.seen.find((object) => isShown(object) && contains(object, point));
}

/** Those whose middle lies in a polygon. */
export function objectsInPolygon(objects: Objects, polygon: Point[], isShown: (object: SeenObject) => boolean): SeenObject[] {
  const path = new Path2D();
  polygon.forEach((point, index) => (index === 0 ? path.moveTo(point.x, point.y) : path.lineTo(point.x, point.y)));
  path.closePath();
  return objects.seen.filter((o) => isShown(o) && ruler.isPointInPath(path, (o.x0 + o.x1) / 2, (o.y0 + o.y1) / 2, "evenodd"));
}
