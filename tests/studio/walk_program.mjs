// What the walks through the studio do outside of the page.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Starts the studio. @param settings  as --set takes them. */
export function serveStudio(program, root, settings = []) {
  const words = ["--threads", "1", "studio", "--root", root, "--no-browser", ...settings.flatMap((setting) => ["--set", setting])];
  const server = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
  let told = "";
  server.stderr.on("data", (text) => (told += text));
  return new Promise((found, failed) => {
    server.stdout.once("data", (text) => found({ server, url: String(text).trim() }));
    server.once("exit", () => failed(new Error(told)));
  });
}

/** Ends a walk that cannot be gone, and tells why. */
export function skip(resultsXml, name, reason) {
  mkdirSync(join(resultsXml, ".."), { recursive: true });
  writeFileSync(resultsXml, `<testsuite>\n<testcase name="${name}" classname="studio">\n<skipped message="&#x0A;${reason}"/>\n</testcase></testsuite>\n`);
  console.log(`skipped: ${reason}`);
  process.exit(77);
}
