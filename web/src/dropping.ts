import { beginDrop, sendDropped } from "./api";
import type { App } from "./app";
import { h } from "./dom";

const isImage = (name: string): boolean => /\.(tiff?|png|jpe?g|bmp|svs|ndpi)$/i.test(name) && !name.startsWith(".");

/** Files of what was dropped: folders are looked into. */
async function filesOf(entries: FileSystemEntry[]): Promise<File[]> {
  const files: File[] = [];
  for (const entry of entries) {
    if (entry.isFile) {
      files.push(await new Promise<File>((found, failed) => (entry as FileSystemFileEntry).file(found, failed)));
    } else {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      // It gives at most a hundred at once.
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((found, failed) => reader.readEntries(found, failed));
        if (some.length === 0) break;
        files.push(...(await filesOf(some)));
      }
    }
  }
  return files;
}

/** Names of their own: files of several folders may be called the same. */
function ownNames(files: File[]): string[] {
  const taken = new Set<string>();
  return files.map(({ name }) => {
    const dot = name.lastIndexOf(".");
    let own = name;
    for (let number = 2; taken.has(own.toLowerCase()); ++number) own = `${name.slice(0, dot)}_${number}${name.slice(dot)}`;
    taken.add(own.toLowerCase());
    return own;
  });
}

/** Images that are dropped anywhere on the page are copied into a folder of their own, which is opened. */
export function takeDrops(app: App, open: (folder: string) => Promise<void>): void {
  const text = h("p", { role: "status", "aria-live": "polite" });
  const veil = h("div", { class: "drop-veil", hidden: true }, text);
  document.body.append(veil);
  let depth = 0;
  let sending = false;

  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  const show = (shown: boolean, what = "Drop images here to open them"): void => {
    veil.hidden = !shown;
    text.textContent = what;
  };

  async function take(dropped: File[]): Promise<void> {
    const files = dropped.filter(({ name }) => isImage(name));
    if (files.length === 0) return app.tell("None of what was dropped is an image; TIFF, PNG, JPEG and BMP are.");
    sending = true;
    const names = ownNames(files);
    const total = files.reduce((bytes, file) => bytes + file.size, 0);
    let sent = 0;
    await app.attempt(async () => {
      const { drop, folder } = await beginDrop();
      for (const [index, file] of files.entries()) {
        await sendDropped(drop, names[index]!, file, (bytes) => {
          sent += bytes;
          show(true, `Copying ${index + 1} of ${files.length} images, ${total > 0 ? Math.round((100 * sent) / total) : 100} %`);
        });
      }
      if (files.length < dropped.length) app.tell(`${dropped.length - files.length} of ${dropped.length} files are no images and were left out.`);
      await open(folder);
      location.hash = "images";
    });
    sending = false;
    show(false);
  }

  window.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event) || sending) return;
    ++depth;
    show(true);
  });
  window.addEventListener("dragleave", (event) => {
    if (!carriesFiles(event) || sending) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  window.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    if (sending) return;
    if (app.job.running) {
      show(false);
      return app.tell("Images cannot be opened while work goes on; wait for its end, or stop it.");
    }
    const entries = [...event.dataTransfer!.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    const plain = [...event.dataTransfer!.files]; // where files have no entries, as those that a program drops
    void (entries.length > 0 ? filesOf(entries) : Promise.resolve(plain)).then(take, () => show(false));
  });
}
