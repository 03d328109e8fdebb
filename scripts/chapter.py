#!/usr/bin/env python3
"""Writes what the chapter's studies measured into docs/chapter.md and docs/chapter.zh.md.

    scripts/chapter.py --runs runs/chapter        # from the studies' folders, pictures included
    scripts/chapter.py --check                    # do the documents say what docs/chapter.json says?

`runs/chapter` holds a folder a study, named like its file in examples/chapter; docs/chapter.json
keeps what is needed of each, so that the documents can be checked without the runs. Between
`<!-- study:NAME -->` and `<!-- /study:NAME -->` stand the study's answer and its table. Needs
only Python's standard library.
"""

import argparse
import json
import math
import pathlib
import re
import shutil
import sys

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
FIGURES = DOCS / "chapter.json"
LANGUAGES = {
    "chapter.md": {
        "arm": "arm", "difference": "difference [95 %]", "judgement": "judgement",
        "gap": "gap (points)", "picture": "Effects of the arms",
        "baseline": "baseline", "helps": "helps", "hurts": "hurts",
        "no-useful-difference": "no useful difference", "undecided": "undecided",
        "over-regularised": "gap smaller, model worse", "identical": "identical",
    },
    "chapter.zh.md": {
        "arm": "方案", "difference": "与基线之差 [95 %]", "judgement": "结论",
        "gap": "差距(百分点)", "picture": "各方案的效果",
        "baseline": "基线", "helps": "有效", "hurts": "有害",
        "no-useful-difference": "无实际差别", "undecided": "未定",
        "over-regularised": "差距变小,模型变差", "identical": "完全相同",
    },
}


def condensed(folder):
    """What the documents need of a study."""
    results = json.loads((folder / "results.json").read_text())
    arms = []
    for arm in results["arms"]:
        against = (arm["against_baseline"] or {}).get("primary")
        summary = arm["summary"]
        arms.append({
            "name": arm["name"],
            "primary": summary["primary"]["mean"],
            "gap": summary["gap"]["mean"],
            "against": against and [against["difference"], against["low"], against["high"]],
            "judgement": "identical" if arm["identical"] else arm["judgement"],
        })
    return {
        "headline": results["headline"],
        "primary": results["primary"],
        "overfitting": results["overfitting"]["sentence"],
        "arms": arms,
    }


def digits(width):
    """As many decimals as an interval of this width allows: two digits of it."""
    if not width or not math.isfinite(width):
        return 3
    return min(4, max(0, 1 - math.floor(math.log10(width))))


def number(value, places):
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{places}f}"
    return text.replace("-", "−")


def block(name, study, words):
    rises = not study["primary"].endswith(("loss", "brier", "ece", "rmse", "mae"))
    has_gap = any(arm["gap"] is not None for arm in study["arms"])
    heads = [words["arm"], f"`{study['primary']}`", words["difference"], words["judgement"]]
    heads += [words["gap"]] if has_gap else []
    lines = [f"> {study['headline']}", "", row(heads), row(["---"] * len(heads))]
    worst = -math.inf if rises else math.inf
    order = sorted(
        study["arms"],
        key=lambda arm: worst if arm["primary"] is None else arm["primary"],
        reverse=rises,
    )
    for arm in order:
        against, places = arm["against"], 4
        difference = ""
        if against and None not in against:
            places = digits(against[2] - against[1])
            mean, low, high = (number(value, places) for value in against)
            difference = f"{mean} [{low}, {high}]"
        judgement = words["baseline"] if against is None else words.get(arm["judgement"], "–")
        strong = f"**{judgement}**" if arm["judgement"] == "helps" else judgement
        cells = [arm["name"], number(arm["primary"], max(3, places)), difference, strong]
        if has_gap:
            cells.append(number(arm["gap"] and 100 * arm["gap"], 1))
        lines.append(row(cells))
    picture = DOCS / "images" / "chapter" / f"{name}.svg"
    if picture.exists():
        lines += ["", f"![{words['picture']}](images/chapter/{name}.svg)"]
    return "\n".join(lines)


def row(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def filled(text, studies, words, where):
    """The document with its blocks written anew."""

    def write(match):
        name = match[1]
        if name not in studies:
            sys.exit(f"{where}: study {name} is not in {FIGURES.name}")
        content = block(name, studies[name], words)
        return f"<!-- study:{name} -->\n\n{content}\n\n<!-- /study:{name} -->"

    return re.sub(r"<!-- study:(\S+) -->.*?<!-- /study:\1 -->", write, text, flags=re.S)


def gather(runs):
    """The studies' figures and pictures from their folders."""
    studies = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    pictures = DOCS / "images" / "chapter"
    pictures.mkdir(parents=True, exist_ok=True)
    for folder in sorted(path.parent for path in runs.glob("*/results.json")):
        studies[folder.name] = condensed(folder)
        curve = folder / "strengths.svg"
        shutil.copyfile(curve if curve.exists() else folder / "effects.svg", pictures / f"{folder.name}.svg")
    FIGURES.write_text(json.dumps(dict(sorted(studies.items())), indent=1, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=pathlib.Path, help="take figures and pictures from here")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it would")
    options = parser.parse_args()
    if options.runs:
        gather(options.runs)
    studies = json.loads(FIGURES.read_text())
    for name, words in LANGUAGES.items():
        path = DOCS / name
        text = path.read_text()
        new = filled(text, studies, words, name)
        if options.check and new != text:
            sys.exit(f"docs/{name} does not say what docs/{FIGURES.name} says; run {sys.argv[0]}")
        if not options.check:
            path.write_text(new)
    print(f"{len(studies)} studies")


if __name__ == "__main__":
    main()
