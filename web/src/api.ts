// What the server answers, and how it is asked. Addresses are relative: the page lies below the token.

export interface ImageEntry {
  name: string;
  known: boolean;
  width?: number;
  height?: number;
  pictures?: number;
  colour?: boolean;
  channels?: string[];
  failure?: string;
}

export interface ResultEntry {
  image: number;
  corrected: boolean;
  objects?: number;
  verdict?: string;
  reason?: string;
  confidence?: number | null;
}

export interface Size {
  min: number;
  max: number;
}

export interface Look {
  channel: string;
  plane_channel: string;
  polarity: string;
  hopeless: boolean;
  lines: string[];
  doubts: string[];
  size?: Size;
}

export interface State {
  version: string;
  forms: string[];
  generation: number;
  folder: string | null;
  output?: string;
  images?: ImageEntry[];
  results?: ResultEntry[];
  look: Look | null;
  choices: { channel: string; polarity: string; size: Size | null; save: string; border_level: number | null; learns_from_corrections: boolean };
  /** That the results are outlined at; 0 = as the networks draw them. */
  border_level?: number;
  has_model?: boolean;
  has_unfinished?: boolean;
  has_prior?: boolean;
  report?: string;
  command?: string;
  python?: string;
  total_steps?: number;
}

export interface Job {
  kind: string;
  running: boolean;
  stopped: boolean;
  stopping: boolean;
  failure: string;
  stage: string;
  done: number;
  total: number;
  seconds: number;
  seconds_left?: number;
}

export interface News {
  anew: boolean;
  job: Job;
  touched: Record<string, number>;
  losses: [string, number, number][];
  messages: [string, string][];
  previews: string[];
}

export interface Picture {
  width: number;
  height: number;
  top_level: number;
  tile: number;
  darkest: number;
  brightest: number;
}

export interface ObjectList {
  width: number;
  height: number;
  revision: number;
  can_undo: boolean;
  can_redo: boolean;
  can_correct: boolean;
  remark: string;
  columns: string[];
  rows: (number | null)[][];
  changed: number[];
  /** Null where there are so many that they are only told where one looks. */
  outlines: number[][][] | null;
  /** Of outlines at another level: the one that the model has. */
  border_level?: number;
}

/** Outlines of the objects in a part of a picture. */
export interface OutlineList {
  revision: number;
  labels: number[];
  outlines: number[][][];
}

export interface Browse {
  folder: string;
  parent?: string;
  folders: string[];
  images: number;
}

/** What a person can mend, in words of the server. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

async function answer<T>(response: Response): Promise<T> {
  const body = (await response.json().catch(() => ({}))) as { error?: string };
  if (!response.ok) throw new Refused(body.error ?? `the studio answered ${response.status}`, response.status);
  return body as T;
}

export async function get<T>(path: string): Promise<T> {
  return answer<T>(await fetch(`api/${path}`));
}

export async function post(path: string, body: object = {}): Promise<void> {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  await answer(await fetch(`api/${path}`, request));
}

export function thumbnailUrl(generation: number, image: number, view = ""): string {
  return `api/thumbnail/${generation}/${image}?view=${encodeURIComponent(view)}`;
}

/** @param tint  what white becomes, as six digits; empty = white. */
export function tileUrl(generation: number, image: number, picture: number, view: string, tint: string) {
  return (level: number, column: number, row: number) =>
    `api/tile/${generation}/${image}/${picture}/${level}/${column}_${row}?view=${encodeURIComponent(view)}&tint=${tint}`;
}

/** Makes a folder for files that are dropped on the page. */
export async function beginDrop(): Promise<{ drop: string; folder: string }> {
  return answer(await fetch("api/drop", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }));
}

const pieceBytes = 768 * 1024; // the studio takes at most 1 MiB at once

/** Sends one file, piece by piece. */
export async function sendDropped(drop: string, name: string, file: Blob, sent: (bytes: number) => void): Promise<void> {
  for (let offset = 0; offset < file.size || offset === 0; offset += pieceBytes) {
    const query = `drop=${drop}&name=${encodeURIComponent(name)}&offset=${offset}`;
    const body = file.slice(offset, offset + pieceBytes);
    await answer(await fetch(`api/dropped?${query}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: await body.arrayBuffer() }));
    sent(body.size);
  }
  await post("dropped_whole", { drop, name, size: file.size });
}
