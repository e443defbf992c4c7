import { get, type Job, type News, Refused, type State } from "./api";

type Listener = () => void;

const noJob: Job = { kind: "", running: false, stopped: false, stopping: false, failure: "", stage: "", done: 0, total: 0, seconds: 0 };

/** What all parts of the page look at: the state of the session and news of its work. */
export class App {
  state: State | null = null;
  job: Job = noJob;
  losses: [string, number, number][] = [];
  messages: [string, string][] = [];
  previews: string[] = [];
  /** How often an image was corrected, by "edit:<image>", as far as this page has heard. */
  touched: Record<string, number> = {};
  /** The image that Size, Results and Correct show. */
  image = 0;

  private listeners = new Set<Listener>();
  private waits = false;

  onChange(listener: Listener): void {
    this.listeners.add(listener);
  }

  changed(): void {
    for (const listener of this.listeners) listener();
  }

  async start(): Promise<void> {
    await this.load();
    const source = new EventSource("api/events");
    source.onmessage = (event: MessageEvent<string>) => this.take(JSON.parse(event.data) as News);
    source.onerror = () => document.body.classList.add("offline");
    source.onopen = () => document.body.classList.remove("offline");
  }

  async load(): Promise<void> {
    const before = this.state;
    this.state = await get<State>("state");
    if (before && before.generation !== this.state.generation) this.image = 0;
    this.changed();
  }

  private take(news: News): void {
    if (news.anew) {
      this.losses = [];
      this.messages = [];
      this.previews = [];
    }
    this.job = news.job;
    this.losses.push(...news.losses);
    this.messages.push(...news.messages);
    this.previews.push(...news.previews);
    const stateBefore = this.touched["state"];
    this.touched = news.touched;
    if (stateBefore !== news.touched["state"] || news.anew) void this.loadSoon();
    this.changed();
  }

  private async loadSoon(): Promise<void> {
    if (this.waits) return;
    this.waits = true;
    await new Promise((done) => setTimeout(done, 100));
    this.waits = false;
    await this.attempt(() => this.load());
  }

  /** Does something that may be refused, and tells why it was. */
  async attempt(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.tell(error instanceof Refused ? error.message : "The studio does not answer; is the program still running?");
      return false;
    }
  }

  tell(text: string): void {
    const place = document.getElementById("notice");
    if (!place) return;
    place.textContent = text;
    place.classList.add("shown");
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => place.classList.remove("shown"), 9000);
  }
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;
}

/** One step of the page. */
export interface Step {
  id: string;
  title: string;
  element: HTMLElement;
  /** Called when the step comes to be shown, and on every change while it is. */
  update(): void;
  show?(): void;
  hide?(): void;
}
