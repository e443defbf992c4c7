import uPlot from "uplot";
import { h, labelled } from "./dom";
import type { Objects, SeenObject } from "./objects";
import { themeColour } from "./stepLearn";

const names: Record<string, string> = {
  AreaShape_Area: "Area (px)",
  AreaShape_EquivalentDiameter: "Diameter (px)",
  AreaShape_Eccentricity: "Eccentricity",
  AreaShape_Perimeter: "Perimeter (px)",
  AreaShape_MajorAxisLength: "Length (px)",
  AreaShape_MinorAxisLength: "Width (px)",
  Intensity_MeanIntensity: "Mean intensity",
  Intensity_IntegratedIntensity: "Sum of intensity",
  score: "Score",
  quality: "Quality",
};
export const columnName = (column: string): string => names[column] ?? column;

/** Objects as points; those in a box that is drawn are selected. */
export class ScatterPlot {
  readonly element: HTMLElement;
  private plot: uPlot | null = null;
  private readonly x: HTMLSelectElement;
  private readonly y: HTMLSelectElement;
  private readonly place = h("div", { class: "scatter", role: "img", "aria-label": "Plot of the objects; drag a box to select" });
  private objects: Objects | null = null;
  private isShown: (object: SeenObject) => boolean = () => true;
  private selected = new Set<number>();
  private key = "";

  constructor(private readonly onSelect: (labels: number[]) => void) {
    const select = (chosen: string) =>
      h("select", { change: () => this.rebuild() }, ...Object.entries(names).map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
    this.x = select("AreaShape_Area");
    this.y = select("Intensity_MeanIntensity");
    this.element = h("div", {}, labelled("Across", this.x), labelled("Up", this.y), this.place, h("p", { class: "quiet" }, "Drag a box in the plot to select objects."));
    this.followScheme();
  }

  private followScheme(): void {
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
  }

  update(objects: Objects | null, isShown: (object: SeenObject) => boolean, selected: Set<number>, hiddenKey: string): void {
    this.isShown = isShown;
    const key = `${hiddenKey}/${[...selected].join(",")}`;
    if (objects === this.objects && key === this.key && this.plot) return;
    this.objects = objects;
    this.selected = selected;
    this.key = key;
    this.rebuild();
  }

  rebuild(): void {
    this.plot?.destroy();
    this.plot = null;
    const objects = this.objects;
    const width = this.place.clientWidth;
    if (!objects || width === 0) return;
    const points = objects.seen
      .filter((object) => this.isShown(object))
      .map((object) => ({ label: object.label, x: objects.value(object.index, this.x.value), y: objects.value(object.index, this.y.value) }))
      .filter((point): point is { label: number; x: number; y: number } => point.x !== null && point.y !== null)
      .sort((a, b) => a.x - b.x);
    if (points.length === 0) return;
    const colour = themeColour("--line-1");
    const marked = themeColour("--line-2");
    const axis = { stroke: themeColour("--text-quiet"), grid: { stroke: themeColour("--border"), width: 1 }, ticks: { show: false } };
    this.plot = new uPlot(
      {
        width,
        height: 190,
        legend: { show: false },
        scales: { x: { time: false } },
        cursor: { drag: { x: true, y: true, setScale: false }, points: { show: false }, x: false, y: false },
        axes: [
          { ...axis, size: 34 },
          { ...axis, size: 46 },
        ],
        series: [
          {},
          { paths: () => null, points: { show: true, size: 5, stroke: colour, fill: colour, width: 0 } },
          { paths: () => null, points: { show: true, size: 8, stroke: marked, fill: marked, width: 0 } },
        ],
        hooks: {
          setSelect: [
            (plot) => {
              const { left, top, width: w, height: hgt } = plot.select;
              if (w < 2 && hgt < 2) return;
              const [x0, x1] = [plot.posToVal(left, "x"), plot.posToVal(left + w, "x")];
              const [y1, y0] = [plot.posToVal(top, "y"), plot.posToVal(top + hgt, "y")];
              this.onSelect(points.filter((p) => p.x >= x0 && p.x <= x1 && p.y >= y0 && p.y <= y1).map((p) => p.label));
            },
          ],
        },
      },
      [points.map((p) => p.x), points.map((p) => p.y), points.map((p) => (this.selected.has(p.label) ? p.y : null))],
      this.place,
    );
  }
}
