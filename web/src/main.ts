import "uplot/dist/uPlot.min.css";
import "./style.css";
import { App, type Step } from "./app";
import { h, replace } from "./dom";
import { exportStep } from "./stepExport";
import { imagesStep } from "./stepImages";
import { learnStep, stageName } from "./stepLearn";
import { resultsSteps } from "./stepResults";
import { sizeStep } from "./stepSize";

const app = new App();
const steps: Step[] = [imagesStep(app), sizeStep(app), learnStep(app), ...resultsSteps(app), exportStep(app)];
const links = steps.map((step, index) =>
  h("a", { href: `#${step.id}`, "data-step": step.id }, h("span", { class: "number", "aria-hidden": "true" }, String(index + 1)), step.title),
);
const work = h("div", { class: "work", role: "status", "aria-live": "off" });
const main = h("main", { id: "main", tabindex: -1 });
const notice = h("div", { id: "notice", role: "alert" });
const offline = h("div", { class: "offline-note", role: "alert" }, "The studio does not answer. It goes on by itself where it left off once the program runs again.");

document.getElementById("app")!.append(
  h("header", {}, h("span", { class: "brand" }, "priorseg ", h("span", {}, "studio")), h("nav", { "aria-label": "Steps" }, ...links), work),
  offline,
  main,
  notice,
);
main.append(...new Set(steps.map((step) => step.element)));

let current: Step | null = null;

function showStep(): void {
  const wanted = location.hash.slice(1);
  const step = steps.find(({ id }) => id === wanted) ?? steps[0]!;
  if (step !== current) {
    current?.hide?.();
    current = step;
    for (const { element } of steps) element.hidden = element !== step.element;
    for (const link of links) {
      if (link.dataset["step"] === step.id) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    document.title = `${step.title} – priorseg studio`;
    step.update();
    step.show?.();
  }
}

function showWork(): void {
  const { job } = app;
  const failed = !job.running && job.failure !== "";
  work.hidden = !job.running && !failed;
  if (work.hidden) return;
  const share = job.total > 0 ? Math.round((100 * job.done) / job.total) : 0;
  replace(work, h("span", { class: failed ? "failure" : "" }, failed ? job.failure : `${stageName(job.stage)} ${share} %`));
}

function available(): void {
  const opened = app.state?.folder != null;
  const results = (app.state?.results?.length ?? 0) > 0;
  for (const link of links) {
    const id = link.dataset["step"];
    const there = id === "images" || (id === "size" || id === "learn" ? opened : results);
    link.classList.toggle("not-yet", !there);
  }
}

app.onChange(() => {
  available();
  showWork();
  current?.update();
});
window.addEventListener("hashchange", showStep);
void app.attempt(() => app.start()).then(() => showStep());
