#include "priorseg/output/report_style.h"

namespace priorseg {

const char* const kReportStyle = R"css(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #5b6675; --line: #dfe3e8;
  --accent: #0b6bb0; --warn-card: #fff6e0; --warn-line: #e0a100; --well-line: #009e73; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --card: #1d232b; --ink: #e8ecf1; --soft: #a3aebb;
  --line: #343c47; --accent: #64b5f0; --warn-card: #33290f; --warn-line: #d79b00; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Noto Sans", "DejaVu Sans", Arial, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 28px 24px 48px; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 36px 0 12px; }
p { margin: 0 0 8px; }
.soft { color: var(--soft); font-size: .9rem; }
.lead { font-size: 1.08rem; max-width: 60em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 18px 0; }
.figures div { padding: 12px 16px; }
.figures dt { color: var(--soft); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.notice { border-left: 5px solid var(--warn-line); background: var(--warn-card); padding: 12px 18px; margin: 18px 0; }
.notice h2 { margin: 0 0 4px; font-size: 1.05rem; }
.notice ul { margin: 0; padding-left: 20px; }
.notice li { overflow-wrap: anywhere; }
.notice.well { border-left-color: var(--well-line); background: var(--card); }
.gallery-head { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; justify-content: space-between; }
.switch { cursor: pointer; font-size: .95rem; user-select: none; }
.switch input { width: 1.05em; height: 1.05em; vertical-align: -2px; margin-right: 6px; accent-color: var(--accent); }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(260px, 100%), 1fr)); gap: 14px; }
figure { margin: 0; overflow: hidden; display: flex; flex-direction: column; break-inside: avoid; }
figure .view { background: #0c0e11; display: flex; align-items: center; justify-content: center; flex: 1;
  min-height: 120px; border: 0; padding: 0; width: 100%; }
figure .view img { display: block; width: 100%; max-height: 340px; object-fit: contain; }
.view img.raw, #show-raw:checked ~ .gallery .has-raw img.overlay { display: none; }
#show-raw:checked ~ .gallery .has-raw img.raw { display: block; }
#show-raw { position: absolute; opacity: 0; }
#show-raw:focus-visible ~ .gallery-head .switch { outline: 2px solid var(--accent); outline-offset: 3px; }
.switch::before { content: ""; display: inline-block; width: 2.1em; height: 1.15em; border-radius: 1em;
  vertical-align: -3px; margin-right: 8px; background: radial-gradient(circle at .6em 50%, #fff .42em, transparent .45em)
  var(--soft); }
#show-raw:checked ~ .gallery-head .switch::before { background: radial-gradient(circle at 1.5em 50%, #fff .42em,
  transparent .45em) var(--accent); }
figcaption { padding: 8px 12px; display: flex; flex-wrap: wrap; gap: 0 12px; justify-content: space-between; font-size: .9rem; }
figcaption .name { overflow-wrap: anywhere; }
figcaption .count { color: var(--soft); white-space: nowrap; }
figcaption .doubt { display: block; color: var(--soft); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 14px; }
.charts .card, .shapes { padding: 14px; break-inside: avoid; }
.charts svg { display: block; width: 100%; max-width: 600px; height: auto; margin: 0 auto; }
.shapes { background: #fff; overflow-x: auto; }
.shapes img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.scroll { max-height: 560px; overflow: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { position: sticky; top: 0; background: var(--card); font-weight: 600; box-shadow: inset 0 -1px var(--line); }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 11em; }
tr:last-child td { border-bottom: 0; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th[aria-sort] button::after { content: " \2191"; }
th[aria-sort=descending] button::after { content: " \2193"; }
tr.failed td { color: var(--soft); white-space: normal; }
td .bar { display: inline-block; height: .6em; margin-left: 10px; border-radius: 2px; background: #0072b2; opacity: .75; }
td .track { display: inline-block; width: 100px; text-align: left; }
details { padding: 10px 16px; margin-bottom: 10px; }
summary { cursor: pointer; font-weight: 600; }
pre { margin: 8px 0 0; font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 18px; padding: 14px 16px; margin: 0; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
code { font: .88em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
.can-enlarge .view { cursor: zoom-in; }
dialog { width: 100vw; height: 100vh; max-width: none; max-height: none; border: 0; padding: 0; background: #0c0e11;
  color: #f1f3f5; }
dialog[open] { display: flex; flex-direction: column; }
dialog .stage { flex: 1; overflow: auto; display: flex; }
dialog .stage img { margin: auto; width: calc(100vw - 24px); height: calc(100vh - 84px); object-fit: contain;
  image-rendering: pixelated; cursor: zoom-in; }
dialog .stage img.near { width: 250vw; height: auto; flex: none; cursor: zoom-out; }
dialog .tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 10px 14px; background: #1d232b; }
dialog .tools b { flex: 1; font-weight: 500; overflow-wrap: anywhere; }
dialog button { font: inherit; color: inherit; background: #343c47; border: 0; border-radius: 6px; padding: 5px 12px;
  cursor: pointer; }
@media (max-width: 560px) { main { padding: 18px 12px 32px; } .gallery { gap: 10px; } td, th { padding: 6px 8px; }
  th { white-space: normal; }
  .shapes img { max-width: none; } th:first-child, td:first-child { min-width: 7em; }
  .track { display: none !important; } .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 8px; }
  .figures { grid-template-columns: 1fr 1fr; } .charts .card { padding: 8px 4px; } }
@media print { :root { --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --warn-card: #fff;
  color-scheme: light; } body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  .gallery { grid-template-columns: repeat(3, 1fr); } .charts { grid-template-columns: 1fr 1fr; }
  .scroll { max-height: none; overflow: visible; } thead { display: table-row-group; }
  th { position: static; } .switch, dialog { display: none !important; }
  .notice, tr, .figures div { break-inside: avoid; } h2 { break-after: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
)css";

const char* const kReportScript = R"js(
"use strict";
(function () {
  var figures = Array.prototype.slice.call(document.querySelectorAll("figure"));
  var box = document.querySelector("dialog");
  if (box && box.showModal && figures.length) {
    document.body.classList.add("can-enlarge");
    var picture = box.querySelector("img"), caption = box.querySelector("b"), now = 0, raw = false;
    var button = function (name) { return box.querySelector("[data-do=" + name + "]"); };
    var show = function () {
      var figure = figures[now], plain = figure.querySelector("img.raw");
      picture.src = (raw && plain ? plain : figure.querySelector("img.overlay")).src;
      picture.alt = figure.querySelector("img.overlay").alt;
      caption.textContent = figure.querySelector(".name").textContent + " \u2013 " +
        figure.querySelector(".count").textContent;
      button("raw").hidden = !plain;
      button("raw").textContent = raw ? "Show outlines" : "Hide outlines";
    };
    var actions = {
      previous: function () { now = (now + figures.length - 1) % figures.length; show(); },
      next: function () { now = (now + 1) % figures.length; show(); },
      raw: function () { raw = !raw; show(); },
      close: function () { box.close(); }
    };
    figures.forEach(function (figure, index) {
      var view = figure.querySelector(".view");
      var open = function () {
        now = index;
        var all = document.getElementById("show-raw");
        raw = !!(all && all.checked);
        picture.classList.remove("near");
        show();
        box.showModal();
      };
      view.tabIndex = 0;
      view.setAttribute("role", "button");
      view.addEventListener("click", open);
      view.addEventListener("keydown", function (event) { if (event.key === "Enter") open(); });
    });
    Object.keys(actions).forEach(function (name) { button(name).addEventListener("click", actions[name]); });
    picture.addEventListener("click", function (event) {
      var stage = picture.parentNode, x = event.offsetX / picture.clientWidth, y = event.offsetY / picture.clientHeight;
      picture.classList.toggle("near");
      stage.scrollLeft = x * picture.clientWidth - stage.clientWidth / 2;
      stage.scrollTop = y * picture.clientHeight - stage.clientHeight / 2;
    });
    box.addEventListener("keydown", function (event) {
      var name = { ArrowLeft: "previous", ArrowRight: "next", " ": "raw" }[event.key];
      if (!name) return;
      event.preventDefault();
      actions[name]();
    });
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    table.querySelectorAll("th").forEach(function (head, column) {
      var name = head.textContent, press = document.createElement("button");
      press.textContent = name;
      press.title = "Sort by " + name;
      head.textContent = "";
      head.appendChild(press);
      press.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") !== "descending", body = table.tBodies[0];
        table.querySelectorAll("th").forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var key = function (row) { var cell = row.cells[column]; return cell ? cell.dataset.value : undefined; };
        var compare = function (a, b) {
          a = key(a); b = key(b);
          if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
          var order = column ? a - b : a.localeCompare(b, undefined, { numeric: true });
          return down ? -order : order;
        };
        Array.prototype.slice.call(body.rows).sort(compare).forEach(function (row) { body.appendChild(row); });
      });
    });
  });
})();
)js";

}  // namespace priorseg
