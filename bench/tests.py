#!/usr/bin/env python3
"""What the benchmark computes, checked against figures worked out by hand. Needs only
Python's standard library."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import tables  # noqa: E402
import works  # noqa: E402


def row(**changed):
    """A row in which ours takes 2, 4 and 3 seconds, and the product is half of our speed."""
    return {
        "name": "article 32 l1", "kind": "work", "measure": "seconds", "task": "train",
        "work": "article", "batch": 32, "remedy": "l1", "samples": 60_000, "steps": 1875,
        "multiply_adds": 3000, "missing": {}, "settings": {}, "beside": ["wellfit plain"],
        "frameworks": {"wellfit": "wellfit", "JAX": "JAX", "a": "PyTorch", "b": "PyTorch"},
        "heat": {"samples": 10, "programs": {}}, "product": [0.5, 1.0, 0.5],
        "programs": {
            "wellfit": {"values": [2.0, 4.0, 3.0], "loss": 0.5},
            "wellfit plain": {"values": [2.0, 2.0, 2.0], "loss": 0.1},
            "JAX": {"values": [6.0, 6.0, 6.0], "loss": 0.6},
            "a": {"values": [9.0, 9.0, 1.0], "loss": 0.5},
            "b": {"values": [7.0, 7.5, 8.0], "loss": 0.5}},
        "targets": [["JAX", 2.0], ["PyTorch", 3.0], ["arithmetic", 0.5], ["plain", 0.6]],
    } | changed


GEMM = {"multiply_adds": 1000, "missing": {}, "best": "x", "programs": {}}


def report(*rows):
    return {"gemm": GEMM, "rows": list(rows)}


class Arithmetic(unittest.TestCase):
    def test_the_articles_epoch_needs_its_two_products_and_three_gradients(self):
        work = works.ARTICLE
        forward, head = 784 * 1000, 1000 * 10
        self.assertEqual(works.multiply_adds("train", work.input, work.layers),
                         2 * forward + 3 * head)
        self.assertEqual(works.multiply_adds("evaluate", work.input, work.layers), forward + head)

    def test_dropout_adds_no_products(self):
        work = works.ARTICLE
        self.assertEqual(work.with_dropout(0.5).layers,
                         "dropout:0.5,linear:1000,relu,dropout:0.5,linear:10")
        self.assertEqual(works.products(work.input, work.with_dropout(0.5).layers),
                         works.products(work.input, work.layers))

    def test_a_convolution_counts_every_place_and_tap(self):
        self.assertEqual(works.products(works.CNN.input, works.CNN.layers),
                         [28 * 28 * 32 * 9, 14 * 14 * 64 * 32 * 9, 7 * 7 * 64 * 128, 1280])

    def test_a_convolution_without_padding_shrinks_its_image(self):
        self.assertEqual(works.products("3x9x7", "conv:4:3:0,relu,flatten,linear:2"),
                         [7 * 5 * 4 * 27, 4 * 7 * 5 * 2])

    def test_an_unknown_layer_is_refused(self):
        with self.assertRaises(ValueError):
            works.products("3", "lstm:2")


class Tables(unittest.TestCase):
    def test_the_best_way_is_the_one_with_the_lowest_median(self):
        self.assertEqual(tables.Row(row(), GEMM).best("PyTorch"), "b")
        self.assertEqual(tables.Row(row(), GEMM).best(), "JAX")

    def test_a_ratio_is_one_of_medians_and_its_spread_that_of_rounds(self):
        ratio, rounds = tables.Row(row(), GEMM).over("JAX")
        self.assertEqual((ratio, rounds), (2.0, [3.0, 1.5, 2.0]))

    def test_the_share_compares_with_the_product_of_the_same_rounds(self):
        share, rounds = tables.Row(row(), GEMM).share()
        self.assertEqual((share, rounds), (3 * 0.5 / 3.0, [0.75, 0.75, 0.5]))

    def test_a_remedys_cost_is_the_median_of_pairs(self):
        self.assertEqual(tables.Row(row(), GEMM).cost()[0], 0.5)

    def test_each_target_gets_its_word(self):
        words = [line.split("|")[-2].strip() for line in tables.targets(report(row())).split("\n")]
        self.assertEqual(words[2:], ["reached", "**missed**", "reached", "reached"])

    def test_ours_is_compared_with_ours_done_otherwise(self):
        programs = {"wellfit": {"values": [2.0], "loss": 1.0},
                    "wellfit float32": {"values": [3.0], "loss": 1.0}}
        half = row(programs=programs, settings={"precision": "bf16"}, beside=["wellfit float32"],
                   targets=[["wellfit float32", 1.4]])
        self.assertIn("| article, batch 32, l1, bf16 | wellfit float32 / wellfit | ≥ 1.4 × | 1.50 "
                      "| reached |", tables.targets(report(half)))

    def test_watching_is_held_against_the_same_epoch_unwatched(self):
        programs = {"wellfit": {"values": [2.02, 3.03], "loss": 1.0},
                    "wellfit plain": {"values": [2.0, 3.0], "loss": 1.0}}
        watched = row(programs=programs, remedy="plain", settings={"watch": "watched"},
                      targets=[["plain", 0.02]])
        self.assertIn("| article, batch 32, plain, watched | cost of watching | ≤ 2 % | +1.0 % "
                      "(+1.0 % to +1.0 %) | reached |", tables.targets(report(watched)))

    def test_looks_that_are_epochs_apart_say_how_many(self):
        apart = tables.Row(row(settings={"watch": "watched", "every": 5}), None)
        self.assertEqual(apart.done()[-2:], ["watched", "every 5 epochs"])

    def test_what_is_missing_is_said_and_never_reached(self):
        programs = {"wellfit": {"values": [1.0], "loss": 1.0}}
        lost = row(programs=programs, missing={"JAX": "it failed"}, product=[])
        self.assertEqual(tables.targets(report(lost)).count("not measured"), 4)
        self.assertIn("JAX: it failed", tables.missing(report(lost)))

    def test_without_ours_nothing_is_reached(self):
        programs = {name: p for name, p in row()["programs"].items() if name != "wellfit"}
        lost = tables.targets(report(row(programs=programs)))
        self.assertEqual(lost.count("not measured"), 4)

    def test_figures_keep_three_digits(self):
        found = [tables.figure(value) for value in [0.02524, 1.5652, 99.84, 1234.5, 0]]
        self.assertEqual(found, ["0.0252", "1.57", "99.8", "1,234", "0"])

    def test_a_documents_tables_are_replaced_in_place(self):
        text = "a\n<!-- bench:missing -->\nold\n<!-- /bench:missing -->\nb\n"
        made = tables.filled(text, report(row()), "x.md")
        self.assertNotIn("old", made)
        self.assertTrue(made.startswith("a\n") and made.endswith("\nb\n"))
        self.assertEqual(tables.filled(made, report(row()), "x.md"), made)

    def test_a_document_without_places_or_with_an_unknown_one_is_refused(self):
        for text in ["nothing", "<!-- bench:nonsense -->\n<!-- /bench:nonsense -->",
                     "<!-- bench:missing -->\nnever closed"]:
            with self.assertRaises(SystemExit):
                tables.filled(text, report(row()), "x.md")


if __name__ == "__main__":
    unittest.main()
