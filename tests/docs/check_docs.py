"""Checks README.md, CHANGELOG.md, CONTRIBUTING.md and the pages below docs/.

usage: check_docs.py [--sources] FOLDER        (FOLDER is the root of the checkout)

Every relative link and picture leads to a file, every #anchor to a heading; every page below docs/ is reached from
docs/README.md; no line is longer than 120 characters, unless it is in a table or code, or is one word, link or piece
of code that cannot be broken; lines of C++ in README.md are lines of examples/. --sources also looks for pages that
the sources name and that do not exist. Prints one line a fault, returns 1 if there is any. Needs only Python's
standard library.
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

MAX_WIDTH = 120
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
SOURCES = ("src", "apps", "bench", "scripts", "tests", "cmake", "examples", "python", "packaging")
SOURCE_ENDINGS = {".h", ".cpp", ".py", ".pyi", ".sh", ".cmake", ".txt", ".toml"}
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)|(?:src|href)=\"([^\"]+)\"")
CODE = re.compile(r"`[^`]*`")
UNBREAKABLE = re.compile(r"`[^`]*`|\[[^\[\]]*\]\([^()]*\)")
NAMED_PAGE = re.compile(r"\bdocs/[\w./-]+\.md\b")


def pages_of(root):
    return [root / name for name in TOP if (root / name).exists()] + sorted((root / "docs").rglob("*.md"))


def numbered_text(page):
    """(number, line) of all lines that are not inside a code block."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif not inside:
            yield number, line


def links_of(page):
    """(number, target) of all links; a link may go over the end of a line."""
    lines = list(numbered_text(page))
    text = "\n".join(line for _, line in lines)
    blanked = CODE.sub(lambda code: re.sub(r"[^\n]", "x", code[0]), text)
    for match in LINK.finditer(blanked):
        target = match[1] or match[2]
        yield lines[text.count("\n", 0, match.start())][0], target


def anchors_of(page):
    """The anchors that GitHub gives to the headings of a page."""
    anchors, seen = set(), {}
    for _, line in numbered_text(page):
        if heading := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            count = seen[anchor] = seen.get(anchor, -1) + 1
            anchors.add(f"{anchor}-{count}" if count else anchor)
    return anchors


def target_of(page, link):
    """(path, anchor) of a relative link."""
    path, _, anchor = unquote(link).partition("#")
    return (page.parent / path).resolve() if path else page, anchor


def is_external(link):
    return re.match(r"[a-z][a-z0-9+.-]*:", link) is not None


def link_faults(root, pages):
    for page in pages:
        for number, link in links_of(page):
            if is_external(link):
                continue
            target, anchor = target_of(page, link)
            where = f"{page.relative_to(root)}:{number}"
            if not target.is_relative_to(root) or not target.exists():
                yield f"{where}: {link} does not exist"
            elif anchor and target.suffix == ".md" and anchor not in anchors_of(target):
                yield f"{where}: {link}: there is no such heading"


def unreached_pages(root, pages):
    index = root / "docs" / "README.md"
    reached, waiting = set(), [index]
    while waiting:
        page = waiting.pop()
        if page in reached or page not in pages:
            continue
        reached.add(page)
        waiting += [target_of(page, link)[0] for _, link in links_of(page) if not is_external(link)]
    for page in pages:
        if page.is_relative_to(root / "docs") and page not in reached:
            yield f"{page.relative_to(root)}: no link leads here from docs/README.md"


def long_lines(root, pages):
    for page in pages:
        for number, line in numbered_text(page):
            if len(line) <= MAX_WIDTH or line.lstrip().startswith("|"):
                continue
            words = UNBREAKABLE.sub("x", re.sub(r"^\s*([-*+>]|\d+\.)\s+", "", line)).split()
            if len(words) > 1:
                yield f"{page.relative_to(root)}:{number}: {len(line)} characters, expected {MAX_WIDTH} at most"


def code_that_is_no_example(root):
    """The C++ of the README is that of the examples, which are built and run, but for the names of files."""
    def generic(code):
        return {re.sub(r'"[^"]*"|argv\[\d\]', "...", line.strip()) for line in code.splitlines()}

    text = (root / "README.md").read_text(encoding="utf-8") if (root / "README.md").exists() else ""
    examples = set().union(*(generic(p.read_text(encoding="utf-8")) for p in (root / "examples").glob("*.cpp")))
    for block in re.findall(r"^```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in sorted(generic(block) - examples - {""}):
            yield f"README.md: no example has the line {line}"


def pages_that_sources_name(root):
    for folder in SOURCES:
        for source in sorted((root / folder).rglob("*")):
            if source.suffix not in SOURCE_ENDINGS or source.is_relative_to(root / "tests" / "docs"):
                continue
            for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
                for name in NAMED_PAGE.findall(line):
                    if not (root / name).exists():
                        yield f"{source.relative_to(root)}:{number}: {name} does not exist"


def faults(root, sources=False):
    root = root.resolve()
    pages = pages_of(root)
    found = [*link_faults(root, pages), *unreached_pages(root, pages), *long_lines(root, pages),
             *code_that_is_no_example(root)]
    return found + [*pages_that_sources_name(root)] if sources else found


def main():
    arguments = [a for a in sys.argv[1:] if a != "--sources"]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    found = faults(Path(arguments[0]), "--sources" in sys.argv)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
