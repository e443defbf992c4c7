// Drives an unchanged Firefox over WebDriver BiDi, as far as the walk needs it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts Firefox without a window. @return  {page, end()}. */
export async function startFirefox(program, modules) {
  const WebSocket = createRequire(join(modules, "x.js"))("ws");
  const profile = mkdtempSync(join(tmpdir(), "priorseg-firefox-"));
  const firefox = spawn(program, ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: profile, MOZ_REMOTE_SETTINGS_DEVTOOLS: "1" } });
  const address = await new Promise((found, failed) => {
    let told = "";
    firefox.stderr.on("data", (text) => {
      told += text;
      const line = /WebDriver BiDi listening on (ws:\S+)/.exec(told);
      if (line) found(line[1]);
    });
    firefox.once("exit", () => failed(new Error(`Firefox ended: ${told}`)));
  });
  const socket = new WebSocket(`${address}/session`);
  await new Promise((opened, failed) => socket.once("open", opened).once("error", failed));
  const connection = new Connection(socket);
  await connection.ask("session.new", { capabilities: {} });
  await connection.ask("session.subscribe", { events: ["log.entryAdded"] });
  const { contexts } = await connection.ask("browsingContext.getTree", {});
  const page = new Page(connection, contexts[0].context);
  await page.ask("browsingContext.setViewport", { viewport: { width: 1280, height: 720 } });
  const end = async () => {
    const gone = new Promise((ended) => firefox.once("exit", ended));
    await connection.ask("browser.close", {}).catch(() => firefox.kill());
    await gone;
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, end };
}

/** Commands and their answers. */
class Connection {
  faults = []; // of pages
  #waiting = new Map();
  #last = 0;

  constructor(socket) {
    this.socket = socket;
    socket.on("message", (text) => {
      const { id, type, method, params, result, error, message } = JSON.parse(text);
      if (method === "log.entryAdded" && params.level === "error" && !/status of 4\d\d/.test(params.text)) this.faults.push(params.text);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (type === "error") waiting?.failed(new Error(`${error}: ${message}`));
      else waiting?.found(result);
    });
    socket.on("close", () => [...this.#waiting.values()].forEach(({ failed }) => failed(new Error("Firefox has gone"))));
  }

  ask(method, params) {
    const id = ++this.#last;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((found, failed) => this.#waiting.set(id, { found, failed }));
  }
}

const keys = { Escape: "\uE00C", Delete: "\uE017", Control: "\uE009" };

/** The one page that is open, with names as Playwright has them. */
class Page {
  constructor(connection, context) {
    this.connection = connection;
    this.context = context;
  }

  get faults() {
    return this.connection.faults;
  }

  ask(method, params) {
    return this.connection.ask(method, { context: this.context, ...params });
  }

  goto(url) {
    return this.ask("browsingContext.navigate", { url, wait: "complete" });
  }

  reload() {
    return this.ask("browsingContext.reload", { wait: "complete" });
  }

  waitForTimeout(ms) {
    return new Promise((done) => setTimeout(done, ms));
  }

  /** What a function gives in the page; argument and result are JSON. */
  async evaluate(act, argument = null) {
    const functionDeclaration = `async (given) => JSON.stringify((await (${act})(JSON.parse(given))) ?? null)`;
    const target = { context: this.context };
    const answer = await this.connection.ask("script.callFunction", { functionDeclaration, awaitPromise: true, target, arguments: [{ type: "string", value: JSON.stringify(argument) }] });
    if (answer.type === "exception") throw new Error(answer.exceptionDetails.text);
    return JSON.parse(answer.result.value);
  }

  /** Middle of the first element that is shown and matches; of those with a text the one that has it. */
  async placeOf(selector, text = "") {
    for (const end = Date.now() + 60000; ; await this.waitForTimeout(100)) {
      const place = await this.evaluate(
        ([of, wanted]) => {
          const element = [...document.querySelectorAll(of)].find((candidate) => candidate.offsetParent && candidate.textContent.includes(wanted));
          element?.scrollIntoView({ block: "nearest" });
          const box = element?.getBoundingClientRect();
          return box && { x: box.x + box.width / 2, y: box.y + box.height / 2, box: { x: box.x, y: box.y, width: box.width, height: box.height } };
        },
        [selector, text],
      );
      if (place) return place;
      if (Date.now() > end) throw new Error(`waited in vain for ${selector} ${text}`);
    }
  }

  async click(selector, text = "") {
    await this.drag([await this.placeOf(selector, text)]);
  }

  /** Presses at the first point, moves over the others, and lets go. */
  async drag(points) {
    const at = ({ x, y }, duration = 0) => ({ type: "pointerMove", x: Math.round(x), y: Math.round(y), duration });
    const actions = [at(points[0]), { type: "pointerDown", button: 0 }, ...points.slice(1).map((point) => at(point, 60)), { type: "pointerUp", button: 0 }];
    await this.ask("input.performActions", { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }] });
  }

  async wheel({ x, y }, deltaY) {
    await this.ask("input.performActions", { actions: [{ type: "wheel", id: "wheel", actions: [{ type: "scroll", x: Math.round(x), y: Math.round(y), deltaX: 0, deltaY }] }] });
  }

  /** @param chord  as "z" or "Control+z". */
  async press(chord) {
    const pressed = chord.split("+").map((name) => keys[name] ?? name);
    const actions = [...pressed.map((value) => ({ type: "keyDown", value })), ...pressed.reverse().map((value) => ({ type: "keyUp", value }))];
    await this.ask("input.performActions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }
}
