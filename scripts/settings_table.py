#!/usr/bin/env python3
"""Writes the settings and their defaults, as the program tells them, into the documentation.

usage: scripts/settings_table.py [--check] PROGRAM

docs/user/settings.md     the tables between the lines "<!-- settings -->" and "<!-- end of settings -->"
docs/developer/method.md  the values in texts of the form `detector.training.steps = 1500`: those of the preset 'paper'

--check changes nothing and returns 1 if a file is out of date. Needs only Python's standard library.
"""
import pathlib
import re
import subprocess
import sys

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- settings -->", "<!-- end of settings -->"


def settings_of(program, preset):
    """Name to (value, what it may be, meaning), in the program's order."""
    output = subprocess.run([program, "info", "--settings", "--preset", preset],
                            check=True, capture_output=True, text=True).stdout
    settings = {}
    for line in output.splitlines():
        name, value, allowed, meaning = re.split(r"\s{2,}", line, maxsplit=3)
        settings[name] = shown(value), allowed, meaning
    return settings


def shown(value):
    """Texts without quotes, and 3.0 as 3: --set takes both."""
    is_decimal = re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value) and not value.isdigit()
    return f"{float(value):.6g}" if is_decimal else value.strip('"')


def group_of(name):
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "detector" else parts[0] if len(parts) > 1 else ""


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows] + [""]


def tables_of_runs(program):
    default, paper = settings_of(program, "default"), settings_of(program, "paper")
    lines = []
    for group in dict.fromkeys(map(group_of, default)):
        if group:
            lines += [f"### {group}", ""]
        rows = [(f"`{name}`", meaning, allowed, f"`{value}`", f"`{paper[name][0]}`" if paper[name][0] != value else "")
                for name, (value, allowed, meaning) in default.items() if group_of(name) == group]
        lines += table(("setting", "meaning", "range", "default", "`paper`, where it differs"), rows)
    return lines


def table_of_simulator(program):
    nuclei, phase = settings_of(program, "nuclei"), settings_of(program, "phase")
    rows = [(f"`{name}`", meaning, allowed, f"`{value}`", f"`{phase[name][0]}`" if phase[name][0] != value else "")
            for name, (value, allowed, meaning) in nuclei.items()]
    return ["## Settings of `priorseg simulate`", ""] + table(
        ("setting", "meaning", "range", "`nuclei`", "`phase`, where it differs"), rows)


def table_of_baseline(program):
    rows = [(f"`{name}`", meaning, allowed, f"`{value}`")
            for name, (value, allowed, meaning) in settings_of(program, "baseline").items()]
    return ["## Settings of `priorseg baseline`", ""] + table(("setting", "meaning", "range", "default"), rows)


def updated_settings_page(text, program):
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return before + "\n".join([BEGIN, "", *tables_of_runs(program), *table_of_simulator(program),
                               *table_of_baseline(program), END]) + after


def updated_method_page(text, program):
    paper = settings_of(program, "paper")

    def value_of(match):
        if match[1] not in paper:
            sys.exit(f"docs/developer/method.md names the setting {match[1]}, which does not exist")
        return f"`{match[1]} = {paper[match[1]][0]}`"

    return re.sub(r"`([a-z_]+(?:\.[a-z_]+)*) = ([^`]+)`", value_of, text)


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    arguments = [a for a in arguments if a != "--check"]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    out_of_date = False
    for name, update in {"user/settings.md": updated_settings_page, "developer/method.md": updated_method_page}.items():
        old = (DOCS / name).read_text(encoding="utf-8")
        new = update(old, arguments[0])
        if new == old:
            continue
        out_of_date = True
        if not check:
            (DOCS / name).write_text(new, encoding="utf-8")
        print(f"docs/{name} {'is out of date: run scripts/settings_table.py' if check else 'updated'}")
    return 1 if check and out_of_date else 0


if __name__ == "__main__":
    sys.exit(main())
