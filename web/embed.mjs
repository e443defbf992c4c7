// Writes the files of a folder into a C++ source, for studio_assets().
//
// usage: node embed.mjs FOLDER SOURCE
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, source] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .sort();

// Octal escapes of three digits end by themselves; a question mark could begin a trigraph.
const literal = (bytes) => {
  let text = "";
  for (const byte of bytes) {
    const plain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
    text += plain ? String.fromCharCode(byte) : "\\" + byte.toString(8).padStart(3, "0");
  }
  return text;
};

let text = '#include <array>\n\n#include "priorseg/studio/assets.h"\n\nnamespace priorseg {\nnamespace {\n\nusing namespace std::string_view_literals;\n\n';
const entries = [];
for (const [index, file] of files.entries()) {
  const bytes = readFileSync(file);
  text += `constexpr std::string_view kFile${index}{\n`;
  for (let first = 0; first < bytes.length || first === 0; first += 4000)
    text += `    "${literal(bytes.subarray(first, first + 4000))}"\n`;
  text += `    ""sv};\n\n`;
  entries.push(`    StudioAsset{"${file.slice(folder.length + 1).replaceAll("\\", "/")}", kFile${index}},\n`);
}
text += `constexpr std::array<StudioAsset, ${files.length}> kFiles{\n${entries.join("")}};\n\n}  // namespace\n\n`;
text += "std::span<const StudioAsset> studio_assets() { return kFiles; }\n\n}  // namespace priorseg\n";
writeFileSync(source, text);
