import type { View } from "./viewer";

/** Draws over a place of so many px of the screen. @return  how many things there were to draw. */
type Draw = (context: CanvasRenderingContext2D, view: View, width: number, height: number) => number;

const quick = 250; // so few things are drawn anew in every frame
const margin = 0.25; // of width and height that is drawn around what is seen
const restAfter = 120; // ms
const longest = 400; // ms

/**
 * A drawing of many things over an image. While the image moves, what was drawn last is moved along as a picture; it is
 * drawn anew once the image rests, and now and then where it has moved out of what was drawn.
 */
export class StillDrawing {
  draw: Draw = () => 0;
  private readonly canvas = document.createElement("canvas");
  private view: View | null = null; // that the picture is of; null = there is none
  private size = ""; // likewise
  private count = 0;
  private drawnAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param redraw  asks for another frame. */
  constructor(private readonly redraw: () => void) {}

  /** What is drawn has changed. */
  forget(): void {
    this.view = null;
  }

  /** @param ratio  px of the canvas in a px of the screen. */
  paint(context: CanvasRenderingContext2D, view: View, width: number, height: number, ratio: number): void {
    if (this.count <= quick) {
      this.count = this.draw(context, view, width, height);
      this.view = null;
      return;
    }
    const size = `${width}/${height}/${ratio}`;
    if (!this.view || this.size !== size || (performance.now() - this.drawnAt > longest && this.isOutside(view, width, height))) {
      this.drawPicture(view, width, height, ratio);
      this.size = size;
    } else if (view.scale !== this.view.scale || view.dx !== this.view.dx || view.dy !== this.view.dy) {
      this.drawOnceItRests();
    }
    const { x, y, grown } = this.place(view, width, height);
    context.drawImage(this.canvas, x, y, width * (1 + 2 * margin) * grown, height * (1 + 2 * margin) * grown);
  }

  private drawPicture(view: View, width: number, height: number, ratio: number): void {
    const [wide, high] = [width * (1 + 2 * margin), height * (1 + 2 * margin)];
    this.canvas.width = Math.round(wide * ratio);
    this.canvas.height = Math.round(high * ratio);
    const context = this.canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.count = this.draw(context, { scale: view.scale, dx: view.dx + margin * width, dy: view.dy + margin * height }, wide, high);
    this.view = { ...view };
    this.drawnAt = performance.now();
    clearTimeout(this.timer);
  }

  private drawOnceItRests(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.forget();
      this.redraw();
    }, restAfter);
  }

  /** Where the picture lies now on the screen. */
  private place(view: View, width: number, height: number): { x: number; y: number; grown: number } {
    const from = this.view!;
    const grown = view.scale / from.scale;
    return { x: (-margin * width - from.dx) * grown + view.dx, y: (-margin * height - from.dy) * grown + view.dy, grown };
  }

  private isOutside(view: View, width: number, height: number): boolean {
    const { x, y, grown } = this.place(view, width, height);
    const reach = (1 + 2 * margin) * grown;
    return x > 0 || y > 0 || x + width * reach < width || y + height * reach < height;
  }
}
