"""Draws what growth.py measured: small multiples, both axes logarithmic.

    growth_plot.py docs/growth.csv docs/images/growth.svg

Programs differ in lightness, marker and line, so that the plot can be read in grey and
by the colour-blind; lines are labelled where they end.
"""

import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator  # noqa: E402

# Panel → title, x axis, y axis.
PANELS = {
    "width": ("Width: 784-w-10, batch 32", "hidden units w", "µs a sample"),
    "depth": ("Depth: hidden layers of 256, batch 32", "hidden layers", "µs a sample"),
    "batch": ("Batch size: 784-1000-10", "samples a batch", "µs a sample"),
    "samples": ("Samples: 784-1000-10, batch 32", "samples an epoch", "s an epoch"),
    "channels": ("Channels: CNN with c and 2c, batch 32", "channels c", "µs a sample"),
}
DARK, LIGHT = "#0b3c6f", "#d9822b"


def read(path):
    """Panel → line's label → [(x, y)]; PyTorch at its better thread count."""
    panels = {}
    with open(path, newline="") as file:
        lines = list(csv.DictReader(file))
    most = max(int(line["threads"]) for line in lines)
    for line in lines:
        seconds, x = float(line["median_seconds"]), int(line["x"])
        scale = 1 if line["panel"] == "samples" else 1e6 / int(line["samples"])
        label = line["program"]
        if label != "PyTorch":
            threads = int(line["threads"])
            label += f", {threads} thread" + ("s" if threads > 1 else "")
        points = panels.setdefault(line["panel"], {}).setdefault(label, {})
        points[x] = min(points.get(x, float("inf")), seconds * scale)
    return panels, most


def style(label, most):
    """Lightness, line and marker of a line."""
    if label == "PyTorch":
        return {"color": LIGHT, "marker": "s", "linestyle": "-"}
    if most > 1 and label.endswith(", 1 thread"):
        return {"color": DARK, "marker": "o", "linestyle": (0, (4, 2)), "markerfacecolor": "white"}
    return {"color": DARK, "marker": "o", "linestyle": "-"}


def apart(heights, least):
    """Moves label heights up, lowest first, until none is nearer than `least` to the next."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    placed = list(heights)
    for before, here in zip(order, order[1:]):
        placed[here] = max(placed[here], placed[before] + least)
    return placed


def panel(axes, name, lines, most):
    title, x_label, y_label = PANELS[name]
    axes.set(xscale="log", yscale="log", xlabel=x_label, ylabel=y_label)
    axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
    for label, points in lines.items():
        axes.plot(*zip(*sorted(points.items())), markersize=4, linewidth=1.5, **style(label, most))
    xs = sorted({x for points in lines.values() for x in points})
    # Neighbours on a crowded axis would run into each other.
    shown = xs if len(xs) < 7 else xs[::2]
    axes.xaxis.set_major_locator(FixedLocator(shown))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,g}"))
    axes.grid(True, color="#dddddd", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    # The limits must be settled before ends of lines can be told.
    axes.autoscale_view()
    axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = {label: to_axes.transform(max(points.items())) for label, points in lines.items()}
    heights = apart([end[1] for end in ends.values()], 0.075)
    for (label, end), height in zip(ends.items(), heights):
        axes.annotate(label, end, (1.03, height), "axes fraction", "axes fraction", fontsize=8,
                      va="center", color=style(label, most)["color"] if label != "PyTorch"
                      else "#8a4b08")


def draw(table, picture):
    panels, most = read(table)
    unknown = set(panels) - set(PANELS)
    if unknown:
        raise SystemExit(f"{table}: no panel is called {', '.join(sorted(unknown))}")
    # The same bytes for the same figures.
    plt.rcParams |= {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.size": 8,
                     "font.family": "sans-serif"}
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    width, height = 5.2 * columns, 2.9 * rows
    figure, grid = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    # Room, in inches, for the labels beside and below each panel.
    figure.subplots_adjust(left=0.65 / width, right=1 - 1.2 / width, top=1 - 0.3 / height,
                           bottom=0.5 / height, wspace=0.5, hspace=0.4)
    cells = list(grid.flat)
    for axes in cells[len(panels):]:
        axes.remove()
    shown = [name for name in PANELS if name in panels]
    for axes, name in zip(cells, shown):
        panel(axes, name, panels[name], most)
    picture = pathlib.Path(picture)
    metadata = {"Date": None} if picture.suffix == ".svg" else {}
    figure.savefig(picture, metadata=metadata, dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    draw(*sys.argv[1:])
