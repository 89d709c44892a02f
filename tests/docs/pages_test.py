#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tests/docs/pages.py reads of a page, what it calls wrong, and what it writes instead."""

import unittest

import pages

PAGE = """# Title

    $ weft conv --in 4x4x1 \\
        --filters 1x3x3    # status 1
    cycles:   1,234
    ...
    where ... 7

A formula:

    y = a + b

Commands:

    make bench     # slow: an hour
    weft info      # not run: no model

```python
# net.py
print(1)
```

| layer | cycles | prints | command |
|---|---:|---|---|
| 3x3 | 1,234 | `output 4x4x8` | `weft conv` (slow) |
"""


class Steps(unittest.TestCase):
    def setUp(self):
        self.steps = pages.steps_of(PAGE)

    def test_what_is_a_command(self):
        self.assertEqual([step.command.split("#")[0].strip() for step in self.steps],
                         ["weft conv --in 4x4x1 --filters 1x3x3", "make bench", "weft info", "", "weft conv"])
        self.assertEqual(self.steps[3].file, "net.py")
        self.assertEqual([text for _, text in self.steps[0].printed if text], ["cycles:   1,234", "...", "where ... 7"])

    def test_marks(self):
        self.assertEqual(self.steps[0].value("status"), "1")
        self.assertEqual([step.mark("slow") for step in self.steps], [False, True, False, False, True])
        self.assertTrue(self.steps[2].mark("not run"))

    def test_tables(self):
        self.assertEqual(self.steps[4].figures, [(25, "cycles", "1,234", 1)])
        self.assertEqual(self.steps[4].spans, [(25, "output 4x4x8")])

    def test_a_block_that_hides_a_command(self):
        with self.assertRaisesRegex(ValueError, "line 3"):
            pages.steps_of("# T\n\n    y = 1\n    build/weft info x\n")


    def test_a_command_for_each_row(self):
        page = "# T\n\n    weft bench NETWORK --config ARRAY\n\n| network | array | cycles |\n|---|---|---:|\n| vgg | 4x4 | 7 |\n| net | 8x8 | 9 |\n"
        steps = pages.steps_of(page)
        self.assertEqual([step.command for step in steps], ["weft bench vgg --config 4x4", "weft bench net --config 8x8"])
        self.assertEqual(steps[1].figures, [(8, "cycles", "9", 2)])


    def test_a_command_for_each_number(self):
        page = "# T\n\n    weft bench NET --memory COLUMN    # share\n\n| net | 1:40 | 8:40 |\n|---|---:|---:|\n| vgg | 0.25 |  |\n| res | 0.5 | 0.75 |\n"
        steps = pages.steps_of(page)
        self.assertEqual([step.command.split(" #")[0].strip() for step in steps],
                         ["weft bench vgg --memory 1:40", "weft bench res --memory 1:40", "weft bench res --memory 8:40"])
        self.assertEqual(steps[2].figures, [(8, "share", "0.75", 2)])


class Compare(unittest.TestCase):
    def wrong(self, shown, output):
        step = pages.Step(1, "weft", printed=list(enumerate(shown.split("\n"), 2)))
        return pages.compare(step, output)

    def test_all_lines_in_their_order(self):
        self.assertEqual(self.wrong("a: 1\nb", "a:   1\n\nb\n"), [])
        self.assertEqual(self.wrong("a: 1\nb", "a: 2\nb\n")[0][0], 2)
        self.assertTrue(self.wrong("a\nb", "b\na\n"))

    def test_lines_that_the_page_leaves_out(self):
        self.assertTrue(self.wrong("a", "a\nb\n"))
        self.assertTrue(self.wrong("b", "a\nb\n"))
        self.assertTrue(self.wrong("a\nc", "a\nb\nc\n"))
        self.assertEqual(self.wrong("...\nb\n...", "a\nb\nc\n"), [])
        self.assertEqual(self.wrong("took ... ms", "took 12.5 ms\n"), [])
        self.assertTrue(self.wrong("...\nd", "a\nb\n"))

    def test_figures(self):
        step = pages.Step(1, "weft", figures=[(1, "cycles", "1,234", 1)])
        self.assertEqual(pages.compare(step, "cycles: 1234\n"), [])
        self.assertEqual(pages.compare(step, "total 1234\n"), [])
        self.assertTrue(pages.compare(step, "cycles: 99\npredicted: 1234\n"))
        self.assertTrue(pages.compare(step, "cycles: 12345\n"))

    def test_percent_and_fraction(self):
        step = pages.Step(1, "weft", figures=[(1, "utilisation", "0.9895", 1)])
        self.assertEqual(pages.compare(step, "utilisation: 98.95 % (97 % without)\n"), [])
        self.assertTrue(pages.compare(step, "utilisation: 98.94 %\n"))
        self.assertEqual(pages.updates(step, "utilisation: 98.94 %\n"), {1: [("0.9895", "0.9894", 1)]})

    def test_fewer_decimals(self):
        self.assertTrue(pages.says("0.7989", ["0.79896"]) and pages.says("0.7990", ["0.79896"]) and pages.says("8", ["8"]))
        self.assertFalse(pages.says("0.7988", ["0.79896"]) or pages.says("0.80", ["0.7"]) or pages.says("7", ["79"]))

    def test_json(self):
        step = pages.Step(1, "weft", figures=[(1, "MACs", "1,234", 1), (1, "cycles", "5", 1)])
        self.assertEqual(pages.compare(step, '{\n  "macs": 1234,\n  "cycles": 5\n}'), [])

    def test_spans(self):
        step = pages.Step(1, "weft", spans=[(1, "output 4x4x1")])
        self.assertEqual(pages.compare(step, "input 9, output   4x4x1\n"), [])
        self.assertTrue(pages.compare(step, "output 4x4x16\n"))
        self.assertTrue(pages.compare(step, "output 5x4x1\n"))


class Update(unittest.TestCase):
    def test_numbers_alone(self):
        step = pages.Step(1, "weft", printed=[(2, "cycles:  100"), (3, "..."), (4, "b took ... ms: 2,000 of 3")],
                          figures=[(5, "cycles", "1,234", 1)], spans=[(6, "output 4x4x1")])
        changed = pages.updates(step, "cycles: 98\nx\nb took 5.1 ms: 2,100 of 3\noutput 5x5x1\n")
        self.assertEqual(changed[2], [("cycles:  100", "cycles:   98", None)])
        self.assertEqual(changed[4], [("b took ... ms: 2,000 of 3", "b took ... ms: 2,100 of 3", None)])
        self.assertEqual(changed[5], [("1,234", "98", 1)])
        self.assertEqual(changed[6], [("output 4x4x1", "output 5x5x1", None)])

    def test_in_its_column(self):
        self.assertEqual(pages.replaced("| 4 | 4x4 | 4 |", "4", "12,345", 2), "| 4 | 4x4 | 12,345 |")
        self.assertEqual(pages.replaced("    cycles: 4", "cycles: 4", "cycles: 5", None), "    cycles: 5")

    def test_other_words_stay(self):
        step = pages.Step(1, "weft", printed=[(2, "cycles: 100")])
        self.assertEqual(pages.updates(step, "no such file\n"), {})


if __name__ == "__main__":
    unittest.main()
