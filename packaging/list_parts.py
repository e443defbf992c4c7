#!/usr/bin/env python3
"""Lists what a package is made of, with versions and licences, as SPDX 2.3 (JSON) on standard output.

usage: packaging/list_parts.py --version VERSION --date SECONDS --licences FOLDER [--compiled-in PACKAGE...]
         [--page PACKAGE_JSON NODE_MODULES]

--version VERSION  of priorseg
--date SECONDS     since 1970, for the note of when the list was made: the same parts and date give the same bytes
--licences FOLDER  with PACKAGE.copyright of every Debian package whose libraries are in the package, as
                   collect_libraries.py copies them
--compiled-in PACKAGE...  Debian packages whose headers are compiled in: their copyright files are copied there too
--page FILE FOLDER what the studio's page is built from: its package.json, and where npm put its dependencies. Their
                   licences are copied into FOLDER of --licences as NAME.licence

Debian's copyright files speak of every file of a source package, also of those of which nothing is in the library. So a
licence is declared where there is one alone; elsewhere all names are in the comment.
Needs dpkg-query and Python's standard library alone.
"""
import argparse
import datetime
import json
import pathlib
import re
import shutil
import subprocess
import sys
import uuid

# Debian's short names that SPDX has another name for; the others are the same or unknown to it.
SPDX_NAMES = {
    "Expat": "MIT", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause", "Apache-2": "Apache-2.0",
    "Apache-2.0": "Apache-2.0", "MIT": "MIT", "zlib": "Zlib", "Zlib": "Zlib", "ISC": "ISC", "BSL-1.0": "BSL-1.0",
    "GPL-2+": "GPL-2.0-or-later", "GPL-3+": "GPL-3.0-or-later", "LGPL-2+": "LGPL-2.0-or-later",
    "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later", "LGPL-3+": "LGPL-3.0-or-later",
}
NOT_SAID = "NOASSERTION"


def fail(message):
    sys.exit(f"list_parts.py: {message}")


def debian_licences(copyright_file):
    """The short names in a copyright file that machines can read (DEP-5); else none."""
    names = re.findall(r"^License:[ \t]*(\S.*)$", copyright_file.read_text(errors="replace"), re.MULTILINE)
    return sorted({name.strip() for name in names})


def debian_version(package):
    asked = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", package], capture_output=True, text=True)
    if asked.returncode != 0:
        fail(f"dpkg knows no package {package}; expected the packages that the licences were copied from to be installed")
    return asked.stdout


def part(name, version, declared, comment, reference):
    entry = {
        "SPDXID": "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": NOT_SAID,
        "filesAnalyzed": False,
        "licenseConcluded": NOT_SAID,
        "licenseDeclared": declared,
        "copyrightText": NOT_SAID,
    }
    if comment:
        entry["licenseComments"] = comment
    if reference:
        entry["externalRefs"] = [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": reference}]
    return entry


def debian_part(copyright_file):
    package = copyright_file.name.removesuffix(".copyright")
    version = debian_version(package)
    names = debian_licences(copyright_file)
    declared = SPDX_NAMES.get(names[0], NOT_SAID) if len(names) == 1 else NOT_SAID
    comment = "Debian's copyright file names: " + "; ".join(names) if names else "see Debian's copyright file"
    return part(package, version, declared, comment, f"pkg:deb/debian/{package}@{version.replace('+', '%2B')}")


def copy_copyright(package, licences):
    text = pathlib.Path(f"/usr/share/doc/{package}/copyright")
    if not text.exists():
        fail(f"{text} is not found; expected {package} to be installed")
    shutil.copyfile(text, licences / f"{package}.copyright")


def page_parts(package_json, node_modules, licences):
    parts = []
    for name in sorted(json.loads(package_json.read_text())["dependencies"]):
        folder = node_modules / name
        texts = sorted(file for file in folder.glob("*") if file.name.lower().startswith("licen"))
        if not texts:
            fail(f"the licence of {name} is not found in {folder}; expected npm to have installed it")
        shutil.copyfile(texts[0], licences / f"{name.replace('/', '-')}.licence")
        about = json.loads((folder / "package.json").read_text())
        parts.append(part(f"npm-{name}", about["version"], about["license"], "", f"pkg:npm/{name}@{about['version']}"))
    return parts


def document(version, seconds, parts):
    own = part("priorseg", version, "MIT", "", "")
    packages = [own, *parts]
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": own["SPDXID"]}]
    relations += [{"spdxElementId": own["SPDXID"], "relationshipType": "DEPENDS_ON", "relatedSpdxElement": other["SPDXID"]}
                  for other in parts]
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"priorseg-{version}",
        "documentNamespace": uuid.uuid5(uuid.NAMESPACE_OID, created + json.dumps(packages, sort_keys=True)).urn,
        "creationInfo": {"created": created, "creators": ["Tool: priorseg-list_parts"]},
        "packages": packages,
        "relationships": relations,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", required=True)
    parser.add_argument("--date", type=int, required=True)
    parser.add_argument("--licences", type=pathlib.Path, required=True)
    parser.add_argument("--compiled-in", nargs="+", default=[])
    parser.add_argument("--page", type=pathlib.Path, nargs=2, metavar=("PACKAGE_JSON", "NODE_MODULES"))
    options = parser.parse_args()
    options.licences.mkdir(parents=True, exist_ok=True)
    for package in options.compiled_in:
        copy_copyright(package, options.licences)
    parts = [debian_part(file) for file in sorted(options.licences.glob("*.copyright"))]
    if not parts:
        fail(f"{options.licences} has no PACKAGE.copyright; expected the folder that collect_libraries.py filled")
    if options.page:
        parts += page_parts(*options.page, options.licences)
    json.dump(document(options.version, options.date, parts), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
