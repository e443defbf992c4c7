import OpenSeadragon from "openseadragon";
import { get, type Picture, tileUrl } from "./api";
import { h } from "./dom";
import { StillDrawing } from "./stillDrawing";

/** From px of the image to px of the screen: x * scale + dx. */
export interface View {
  scale: number;
  dx: number;
  dy: number;
}

export interface Point {
  x: number;
  y: number;
}

/** How grey values are shown; all act at once. */
export interface Display {
  black: number; // 0 to 1, share of the range that is black
  white: number; // 0 to 1, share of the range that is white
  gamma: number;
  tint: string;
}

/** One channel of an image that is shown; several are added up. */
export interface Layer {
  view: string; // as the server takes it; empty = as the image is
  tint: string; // what white becomes, as six digits; empty = white
}

export const plainDisplay: Display = { black: 0, white: 1, gamma: 1, tint: "grey" };

const tints: Record<string, string> = {
  grey: "1 0 0 0 0  0 1 0 0 0  0 0 1 0 0  0 0 0 1 0",
  green: "0 0 0 0 0  0 1 0 0 0  0 0 0 0 0  0 0 0 1 0",
  magenta: "1 0 0 0 0  0 0 0 0 0  0 0 1 0 0  0 0 0 1 0",
  cyan: "0 0 0 0 0  0 1 0 0 0  0 0 1 0 0  0 0 0 1 0",
  yellow: "1 0 0 0 0  0 1 0 0 0  0 0 0 0 0  0 0 0 1 0",
  inverted: "-1 0 0 0 1  0 -1 0 0 1  0 0 -1 0 1  0 0 0 1 0",
};
export const tintNames = Object.keys(tints);

export function applyDisplay(display: Display): void {
  const filter = document.getElementById("display");
  if (!filter) return;
  // A filter that changes nothing costs time all the same.
  document.body.classList.toggle("other-display", JSON.stringify(display) !== JSON.stringify(plainDisplay));
  const slope = 1 / Math.max(0.01, display.white - display.black);
  for (const part of filter.querySelectorAll("[type=linear]")) {
    part.setAttribute("slope", String(slope));
    part.setAttribute("intercept", String(-display.black * slope));
  }
  for (const part of filter.querySelectorAll("[type=gamma]")) part.setAttribute("exponent", String(1 / display.gamma));
  filter.querySelector("feColorMatrix")?.setAttribute("values", tints[display.tint] ?? tints["grey"]!);
}

/** An image that can be panned and zoomed, with a drawing over it. */
export class Viewer {
  readonly element: HTMLElement;
  picture: Picture | null = null;
  /** Draws over the image what may be many things; the context is in px of the screen. */
  readonly still = new StillDrawing(() => this.moved());
  /** Draws over that. */
  draw: (context: CanvasRenderingContext2D, view: View) => void = () => {};
  onClick: (point: Point, event: PointerEvent | MouseEvent) => void = () => {};
  /** While it is set the pointer draws instead of moving the image. */
  onStroke: { move(points: Point[]): void; end(points: Point[]): void } | null = null;
  /** Asked first: true where a drag that begins there is taken by the drawing. */
  onGrab: ((point: Point) => { move(point: Point): void; end(): void } | null) | null = null;

  private readonly seadragon: OpenSeadragon.Viewer;
  private readonly canvas = h("canvas", { class: "drawing", "aria-hidden": "true" });
  private readonly surface = h("div", { class: "image-surface" });
  private readonly problem = h("p", { class: "image-problem", role: "status" });
  private shown = "";
  private shownFile = "";
  private bounds: OpenSeadragon.Rect | null = null;
  private pending = false;
  private isWhole = true; // the whole image is shown, however large the view is

  constructor(label: string) {
    this.element = h("div", { class: "viewer" }, this.surface, this.canvas, this.problem);
    this.seadragon = OpenSeadragon({
      element: this.surface,
      showNavigationControl: false,
      drawer: "canvas",
      animationTime: 0.25,
      springStiffness: 12,
      maxZoomPixelRatio: 24,
      minZoomImageRatio: 0.5,
      visibilityRatio: 0.2,
      zoomPerScroll: 1.25,
      imageLoaderLimit: 6,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false },
    } as OpenSeadragon.Options);
    const place = this.surface.querySelector<HTMLElement>(".openseadragon-canvas");
    place?.setAttribute("role", "application"); // it takes keys: arrows move, + and - zoom
    place?.setAttribute("aria-label", label);
    for (const event of ["canvas-drag", "canvas-scroll", "canvas-pinch"] as const)
      this.seadragon.addHandler(event as "open", () => (this.isWhole = false));
    this.seadragon.addHandler("canvas-key", (event) => {
      // Letters are those of the tools: it would move, turn and flip the image by them.
      const { key } = event.originalEvent as KeyboardEvent;
      if (/^[a-z]$/i.test(key)) event.preventDefaultAction = true;
      else if (/^(Arrow.*|[-_+=])$/.test(key)) this.isWhole = false;
    });
    // It keeps the middle and the scale after that, so that a smaller view would cut the image.
    this.seadragon.addHandler("resize", () => requestAnimationFrame(() => this.isWhole && this.seadragon.viewport?.goHome(true)));
    for (const event of ["update-viewport", "animation", "resize", "open"] as const)
      this.seadragon.addHandler(event as "open", () => this.moved());
    this.seadragon.addHandler("open", () => this.fit());
    this.seadragon.addHandler("zoom", () => this.smoothing());
    this.seadragon.addHandler("canvas-click", (event) => {
      if (!event.quick) return;
      this.onClick(this.toImage(event.position), event.originalEvent as MouseEvent);
    });
    this.listen();
    new ResizeObserver(() => this.moved()).observe(this.element);
  }

  /** Shows a picture; the same one again changes nothing, and another one of the same image stays where one looks. */
  async open(generation: number, image: number, picture: number, layers: Layer[]): Promise<void> {
    const file = `${generation}/${image}`;
    const key = JSON.stringify([file, picture, layers]);
    if (key === this.shown) return;
    this.shown = key;
    this.problem.textContent = "";
    try {
      const found = await get<Picture>(`picture/${image}/${picture}?view=${encodeURIComponent(layers[0]!.view)}`);
      if (this.shown !== key) return;
      const stays = file === this.shownFile && this.picture?.width === found.width && this.picture.height === found.height;
      this.shownFile = file;
      this.picture = found;
      const sources = layers.map(({ view, tint }) => ({
        tileSource: {
          width: found.width,
          height: found.height,
          tileSize: found.tile,
          tileOverlap: 0,
          minLevel: Math.min(6, found.top_level),
          maxLevel: found.top_level,
          getTileUrl: tileUrl(generation, image, picture, view, tint),
        },
        compositeOperation: layers.length > 1 ? "lighter" : undefined,
      }));
      this.bounds = stays ? this.seadragon.viewport.getBounds(true) : null;
      this.seadragon.open(sources as unknown as OpenSeadragon.TileSourceOptions[]);
    } catch (error) {
      if (this.shown !== key) return;
      this.shownFile = "";
      this.picture = null;
      this.seadragon.close();
      this.problem.textContent = error instanceof Error ? error.message : String(error);
    }
    this.redraw();
  }

  /** The whole image, also where the page has come to be shown only now. */
  private fit(): void {
    this.surface.querySelector("canvas")?.classList.add("shown-image");
    const { clientWidth, clientHeight } = this.surface;
    // Its published type lacks the arguments.
    const viewport = this.seadragon.viewport as unknown as { resize(size: OpenSeadragon.Point, keeps: boolean): void };
    viewport.resize(new OpenSeadragon.Point(clientWidth, clientHeight), false);
    if (this.bounds && !this.isWhole) this.seadragon.viewport.fitBounds(this.bounds, true);
    else this.home(true);
    this.smoothing();
  }

  /** Pixels are seen as squares once they are large. */
  private smoothing(): void {
    const item = this.seadragon.world.getItemAt(0);
    if (!item) return;
    const ratio = item.viewportToImageZoom(this.seadragon.viewport.getZoom());
    this.seadragon.drawer.setImageSmoothingEnabled(ratio < 3);
  }

  get view(): View | null {
    const item = this.seadragon.world?.getItemAt(0);
    if (!item || !this.picture) return null;
    const from = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const to = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(this.picture.width, 0));
    return { scale: (to.x - from.x) / this.picture.width, dx: from.x, dy: from.y };
  }

  toImage(position: Point): Point {
    const view = this.view ?? { scale: 1, dx: 0, dy: 0 };
    return { x: (position.x - view.dx) / view.scale, y: (position.y - view.dy) / view.scale };
  }

  /** Moves so that a part of the image fills about a third of the view. */
  goTo(box: { x0: number; y0: number; x1: number; y1: number }): void {
    const item = this.seadragon.world.getItemAt(0);
    if (!item) return;
    this.isWhole = false;
    const centre = item.imageToViewportCoordinates((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2);
    this.seadragon.viewport.panTo(centre);
  }

  home(immediately = false): void {
    this.isWhole = true;
    this.seadragon.viewport?.goHome(immediately);
  }
  zoomBy(factor: number): void {
    this.isWhole = false;
    this.seadragon.viewport?.zoomBy(factor);
    this.seadragon.viewport?.applyConstraints();
  }

  /** What is drawn has changed. */
  redraw(): void {
    this.still.forget();
    this.moved();
  }

  /** The image has moved, or what is drawn over all else has changed. */
  private moved(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.drawNow();
    });
  }

  private drawNow(): void {
    const { clientWidth, clientHeight } = this.element;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(clientWidth * ratio);
    const height = Math.round(clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const view = this.view;
    if (!view) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.still.paint(context, view, clientWidth, clientHeight, ratio);
    this.draw(context, view);
  }

  /** Strokes and grabs: the pointer's events are taken before the image moves by them. */
  private listen(): void {
    this.element.addEventListener(
      "pointerdown",
      (down) => {
        if (down.button !== 0 || !this.view) return;
        const at = (event: PointerEvent): Point => {
          const box = this.element.getBoundingClientRect();
          return this.toImage({ x: event.clientX - box.left, y: event.clientY - box.top });
        };
        const points = [at(down)];
        const stroke = this.onStroke;
        const grabbed = stroke ? null : (this.onGrab?.(points[0]!) ?? null);
        if (!stroke && !grabbed) return;
        down.stopPropagation();
        down.preventDefault();
        const move = (event: PointerEvent): void => {
          event.stopPropagation();
          const point = at(event);
          points.push(point);
          stroke?.move(points);
          grabbed?.move(point);
          this.moved();
        };
        const up = (event: PointerEvent): void => {
          event.stopPropagation();
          window.removeEventListener("pointermove", move, true);
          window.removeEventListener("pointerup", up, true);
          window.removeEventListener("pointercancel", up, true);
          stroke?.end(points);
          grabbed?.end();
          this.moved();
        };
        window.addEventListener("pointermove", move, true);
        window.addEventListener("pointerup", up, true);
        window.addEventListener("pointercancel", up, true);
      },
      true,
    );
  }
}

/** Buttons for who cannot turn a wheel. */
export function zoomButtons(viewer: Viewer): HTMLElement {
  const button = (text: string, title: string, act: () => void) =>
    h("button", { type: "button", class: "small", title, "aria-label": title, click: act }, text);
  return h(
    "div",
    { class: "zoom" },
    button("+", "Zoom in", () => viewer.zoomBy(1.5)),
    button("−", "Zoom out", () => viewer.zoomBy(1 / 1.5)),
    button("All", "Show the whole image", () => viewer.home()),
  );
}
