import { post, type Size } from "./api";
import type { App, Step } from "./app";
import { h, labelled, short } from "./dom";
import { ImageList } from "./imageList";
import { type Point, Viewer, zoomButtons } from "./viewer";

interface Ring {
  key: "min" | "max";
  name: string;
  colour: string;
  centre: Point;
}

/** The sizes that are looked for, as two rings on the image. */
export function sizeStep(app: App): Step {
  const viewer = new Viewer("Image with two rings: the smallest and the largest object");
  const list = new ImageList(app, (image) => {
    app.image = image;
    placedFor = "";
    app.changed();
  });
  const rings: Ring[] = [
    { key: "min", name: "smallest", colour: "#35c9ff", centre: { x: 0, y: 0 } },
    { key: "max", name: "largest", colour: "#ffb000", centre: { x: 0, y: 0 } },
  ];
  let size: Size | null = null;
  let dragging = false;
  let placedFor = "";

  const number = (key: "min" | "max") =>
    h("input", { type: "number", min: 2, max: 10000, step: 0.5, class: "number", change: () => fromInputs(key) });
  const inputs = { min: number("min"), max: number("max") };
  const origin = h("p", { class: "quiet", role: "status" });
  const again = h("button", { type: "button", click: () => void estimateAgain() }, "Estimate again");
  const shapes = h("img", { class: "shapes", alt: "Contact sheet: shapes that outlines are drawn with" });
  const shapesNote = h("p", { class: "quiet" });
  const next = h("a", { class: "button primary", href: "#learn" }, "Next: learn");
  const panel = h(
    "aside",
    { class: "panel" },
    h("h1", {}, "Size"),
    h("p", {}, "Drag the edge of a ring until it is as large as your smallest and your largest object. Drag a ring by its middle to lay it over another one."),
    labelled("Smallest", inputs.min, h("span", { class: "swatch cyan" }), h("span", { class: "quiet" }, "px")),
    labelled("Largest", inputs.max, h("span", { class: "swatch amber" }), h("span", { class: "quiet" }, "px")),
    origin,
    h("div", { class: "row" }, again, next),
    h("h2", {}, "Shapes"),
    shapesNote,
    shapes,
  );
  const element = h("div", { class: "workspace" }, list.element, h("div", { class: "stage" }, viewer.element, zoomButtons(viewer)), panel);

  async function save(): Promise<void> {
    if (size) await app.attempt(() => post("choose", { size: { min: round(size!.min), max: round(size!.max) } }));
  }
  const round = (value: number) => Math.round(value * 10) / 10;

  function fromInputs(key: "min" | "max"): void {
    const value = Number(inputs[key].value);
    if (!size || !(value >= 2)) return;
    setSize(key, value);
    viewer.redraw();
    void save();
  }

  function setSize(key: "min" | "max", value: number): void {
    if (!size) return;
    const limited = Math.min(10000, Math.max(2, value));
    size = key === "min" ? { min: limited, max: Math.max(limited, size.max) } : { min: Math.min(limited, size.min), max: limited };
    showNumbers();
  }

  function showNumbers(): void {
    for (const key of ["min", "max"] as const)
      if (document.activeElement !== inputs[key] || dragging) inputs[key].value = size ? String(round(size[key])) : "";
  }

  async function estimateAgain(): Promise<void> {
    if (await app.attempt(() => post("choose", { size: null }))) await app.attempt(() => post("look"));
  }

  function place(): void {
    const picture = viewer.picture;
    const key = `${app.state?.generation}/${app.image}`;
    if (!picture || !size || placedFor === key) return;
    placedFor = key;
    const gap = size.max * 0.15 + 4;
    const total = size.min + size.max + gap;
    const left = Math.max(0, (picture.width - total) / 2);
    rings[0]!.centre = { x: left + size.min / 2, y: picture.height / 2 };
    rings[1]!.centre = { x: left + size.min + gap + size.max / 2, y: picture.height / 2 };
  }

  viewer.draw = (context, view) => {
    if (!size) return;
    place();
    for (const ring of rings) {
      const radius = (size[ring.key] / 2) * view.scale;
      const x = ring.centre.x * view.scale + view.dx;
      const y = ring.centre.y * view.scale + view.dy;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.lineWidth = 4.5;
      context.strokeStyle = "rgba(0, 0, 0, 0.75)";
      context.stroke();
      context.lineWidth = 2.5;
      context.strokeStyle = ring.colour;
      context.stroke();
      context.beginPath();
      context.arc(x + radius * Math.SQRT1_2, y + radius * Math.SQRT1_2, 5, 0, 2 * Math.PI);
      context.fillStyle = ring.colour;
      context.fill();
      context.font = "600 13px system-ui, sans-serif";
      context.textAlign = "center";
      const text = `${ring.name}: ${short(size[ring.key])} px`;
      const below = ring.key === "min" ? y - radius - 10 : y + radius + 20;
      context.lineWidth = 4;
      context.strokeStyle = "rgba(0, 0, 0, 0.8)";
      context.strokeText(text, x, below);
      context.fillText(text, x, below);
    }
  };

  viewer.onGrab = (start) => {
    const view = viewer.view;
    if (!size || !view || app.job.running) return null;
    const near = 9 / view.scale;
    for (const ring of rings) {
      const distance = Math.hypot(start.x - ring.centre.x, start.y - ring.centre.y);
      const radius = size[ring.key] / 2;
      const onEdge = Math.abs(distance - radius) <= near;
      if (!onEdge && distance > radius) continue;
      dragging = true;
      let last = start;
      return {
        move(point) {
          if (onEdge) {
            setSize(ring.key, 2 * Math.hypot(point.x - ring.centre.x, point.y - ring.centre.y));
          } else {
            ring.centre = { x: ring.centre.x + point.x - last.x, y: ring.centre.y + point.y - last.y };
            last = point;
          }
        },
        end() {
          dragging = false;
          if (onEdge) void save();
        },
      };
    }
    return null;
  };

  let shapesFor = "";
  return {
    id: "size",
    title: "Size",
    element,
    update() {
      const state = app.state;
      const images = state?.images;
      if (!state || !images) return;
      list.update(
        images.flatMap((image, index) => (image.failure ? [] : [{ image: index, note: image.width ? `${image.width} × ${image.height}` : "" }])),
        state.choices.channel,
      );
      if (images[app.image]?.failure) app.image = Math.max(0, images.findIndex((image) => !image.failure));
      if (!dragging) size = state.choices.size ?? state.look?.size ?? size;
      if (!size && !app.job.running && state.look) size = { min: 20, max: 40 };
      showNumbers();
      const looking = app.job.running && app.job.kind === "look";
      origin.textContent = looking
        ? "Looking at your images …"
        : state.choices.size
          ? "These are your sizes."
          : state.look?.size
            ? "Estimated from your images."
            : "Nothing stands out of the images by itself: say the sizes with the rings.";
      again.disabled = app.job.running;
      for (const input of Object.values(inputs)) input.disabled = app.job.running;
      const key = `${state.generation}/${state.has_prior}`;
      if (key !== shapesFor) {
        shapesFor = key;
        shapes.src = `api/shapes?${encodeURIComponent(key)}`;
        shapesNote.textContent = state.has_prior
          ? "What the shape prior was trained on, and what it draws: outlines come from these."
          : "Outlines are drawn with shapes like these. The step 'Learn' trains on them first.";
      }
      void viewer.open(state.generation, app.image, 0, [{ view: state.choices.channel, tint: "" }]);
      viewer.redraw();
    },
  };
}
