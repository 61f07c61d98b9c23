# SPDX-License-Identifier: MIT
"""The table of cases by clients, from the lines that the tests left.

    table.py RESULTS [DOCUMENT]

Prints it. With a document, writes it there too, between the marks. Fails if a cell failed or was not run.
"""

import json
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).parents[1] / "netns"))

from cases import CASES  # noqa: E402
from clients import CLIENTS  # noqa: E402

MARKS = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", re.DOTALL)


def why_not(case, client):
    return client.cannot.get(case.name) or client.cannot.get(case.ask)


def text_of(case, client, results):
    """A cell's text."""
    if why_not(case, client):
        return "-"
    result = results.get((case.name, client.name))
    if result is None:
        return ""
    notes = dict(result["notes"])
    figures = [f"{notes.pop('s')} s"] if "s" in notes else []
    figures += [f"{name}: {value}" for name, value in notes.items()]
    word = {"passed": "pass", "failed": "**FAIL**"}[result["outcome"]]
    return f"{word}, {'; '.join(figures)}" if figures else word


def rows(results):
    cases = [case for case in CASES if any((case.name, client.name) in results for client in CLIENTS)]
    yield ["case", *(client.name for client in CLIENTS)]
    for case in cases:
        yield [case.name, *(text_of(case, client, results) for client in CLIENTS)]


def markdown(lines):
    lines = list(lines)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in lines]
    padded.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(padded) + "\n"


def reasons():
    for client in CLIENTS:
        kinds = {}
        for case in CASES:
            if reason := why_not(case, client):
                kinds.setdefault(reason, []).append(case.name)
        for reason, names in kinds.items():
            yield f"- {client.name}: {', '.join(names)}: {reason}\n"


def main():
    path, *document = sys.argv[1:]
    results = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        result = json.loads(line)
        key = result["case"], result["client"]
        if results.get(key, {}).get("outcome") != "failed":  # what failed in its teardown has passed before
            results[key] = result
    text = markdown(rows(results))
    print(text)
    if document:
        page = pathlib.Path(document[0])
        new = text + "\nA dash: the client cannot.\n\n" + "".join(reasons())
        page.write_text(MARKS.sub(lambda _: new, page.read_text(encoding="utf-8")), encoding="utf-8")
    return any(result["outcome"] == "failed" for result in results.values())


if __name__ == "__main__":
    sys.exit(main())
