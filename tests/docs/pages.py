# SPDX-License-Identifier: Apache-2.0
"""What a page of the documents says that a command does. docs/developing.md ("Write a page") has the convention, for those who write pages."""

import dataclasses
import re
import textwrap

# First words of commands. A block that begins with another word is no command (a formula, C++).
PROGRAM = re.compile(r"(?:\$ |[A-Z_]+=\S+(?: |$)|(?:build|scripts|integration|\.venv/bin|/usr/bin)/\S|"
                     r"(?:weft|make|cmake|ninja|ctest|verilator|iverilog|bash|bender|c\+\+)(?: |$))")
FILE_NAME = re.compile(r"(?:#|//) ([\w-]+\.\w+)$")
NUMBER = re.compile(r"(?:(?<![\w.])|(?<=\dx))-?\d[\d,]*(?:\.\d+)?")


@dataclasses.dataclass
class Step:
    """A command with what it prints, or, without a command, a file to save."""

    line: int  # of the page, from 1
    command: str = ""
    comment: str = ""
    printed: list = dataclasses.field(default_factory=list)  # [(line, text)]: the whole output; "..." stands for anything
    figures: list = dataclasses.field(default_factory=list)  # [(line, label, number, column of the table)]
    spans: list = dataclasses.field(default_factory=list)  # [(line, text)]: somewhere in the output
    file: str = ""
    text: str = ""
    template: str = None  # the command above the table, if this is one of its rows

    def mark(self, word):
        """Whether the comment begins with it: "slow", "not run"."""
        return re.match(rf"{word}\b", self.comment) is not None

    def value(self, word):
        """What follows a word of the comment, None without it: "status 1"."""
        match = re.search(rf"\b{word} ([\w.-]+)", self.comment)
        return match and match[1]


def blocks(lines):
    """(number of the first line from 0, language or None of an indented block, lines without the indentation)"""
    at = 0
    while at < len(lines):
        fence = re.match(r"( *)```(.*)", lines[at])
        if fence:
            end = next((n for n in range(at + 1, len(lines)) if lines[n].strip() == "```"), len(lines))
            yield at + 1, fence[2].strip(), [line[len(fence[1]):] for line in lines[at + 1:end]]
            at = end + 1
        elif lines[at].startswith("    ") and (at == 0 or not lines[at - 1].strip()):
            end = at
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            yield at, None, textwrap.dedent("\n".join(lines[at:end])).split("\n")  # deeper in a list
            at = end
        else:
            at += 1


def steps_of_block(first, lines):
    """Commands of a block, each with the lines that it prints if commands begin with "$ "."""
    transcript = any(line.startswith("$ ") for line in lines)
    step = None
    for number, line in enumerate(lines, first + 1):
        if step and step.command.endswith("\\"):
            step.command = step.command[:-1].rstrip() + " " + line.strip()
        elif transcript and not line.startswith("$ "):
            if not step:
                raise ValueError(f"line {number}: a block with '$ ' begins with it")
            step.printed.append((number, line))
        elif line.strip():
            if step:
                yield step
            step = Step(number, line.removeprefix("$ "))
    if step:
        yield step


def cells(row):
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip())[1:-1]]


def names_columns(command, heads):
    """The columns whose names stand in capitals in a command."""
    return [head for head in heads if re.fullmatch("[A-Za-z ]+", head) and re.search(rf"(?<![\w.]){re.escape(head.upper())}(?![\w.])", command)]


def command_of_row(row, above, column=""):
    """(command, comment) of a table's row: what its column `command` holds, or the command above the table with the row's cells (and a column's head
    for COLUMN) in it."""
    own = re.search(r"`([^`]*)`", row.get("command", ""))
    if own and PROGRAM.match(own[1]):
        return own[1], row["command"][own.end():].strip(" ()")
    if above:
        command = above.replace("COLUMN", column)
        for head in names_columns(command, row):
            command = command.replace(head.upper(), row[head])
        return command, ""
    return None, None


def steps_of_tables(lines, commands):
    """Rows of tables with commands: numbers of right-aligned columns, code of a column `prints`. commands: [(line from 0, text)] of the page; one
    that names columns stands for each row of the next table of its section."""
    at = 0
    while at + 1 < len(lines):
        if not (lines[at].startswith("|") and re.fullmatch(r"\|[ :|-]+\|", lines[at + 1].strip())):
            at += 1
            continue
        heads, bars = cells(lines[at]), cells(lines[at + 1])
        section = max((n for n in range(at) if lines[n].startswith("#")), default=0)
        above = next((text for n, text in reversed(commands) if section < n < at and names_columns(text, heads)), None)
        at += 2
        while at < len(lines) and lines[at].startswith("|"):
            row = dict(zip(heads, cells(lines[at])))
            numbers = [(at + 1, head, number, column) for column, (head, bar) in enumerate(zip(heads, bars)) if bar.endswith(":")
                       for number in NUMBER.findall(row.get(head, ""))]
            if above and "COLUMN" in above:
                label = above.partition(" # ")[2].strip()
                for line, head, number, column in numbers:
                    yield Step(line, *command_of_row(row, above, head), figures=[(line, label, number, column)], template=above)
            else:
                command, comment = command_of_row(row, above)
                spans = [(at + 1, span) for span in re.findall(r"`([^`]*)`", row.get("prints", ""))]
                if command:
                    yield Step(at + 1, command, comment, figures=numbers, spans=spans, template=above)
            at += 1


def steps_of(text):
    """All steps of a page, in its order."""
    lines = text.split("\n")
    steps = []
    for first, language, block in blocks(lines):
        name = FILE_NAME.match(block[0]) if language and block else None
        if name:
            steps.append(Step(first, file=name[1], text="\n".join(block) + "\n"))
        elif language in (None, "", "sh", "console") and block and PROGRAM.match(block[0]):
            steps += steps_of_block(first, block)
        elif language in (None, "", "sh", "console") and any(PROGRAM.match(line) for line in block):
            raise ValueError(f"line {first + 1}: this block holds commands but does not begin with one")
    rows = list(steps_of_tables(lines, [(step.line - 1, step.command) for step in steps]))
    templates = {step.template for step in rows}
    steps = [step for step in steps if not step.command or step.command not in templates] + rows
    for step in steps:
        comment = re.search(r"\s#\s+(.*)$", step.command)
        step.comment = step.comment or (comment[1] if comment else "")
    return sorted(steps, key=lambda step: step.line)


# ---- comparing

def spaced(line):
    return " ".join(line.split())


def plain(number):
    return number.replace(",", "")


def pattern(text, numbers=False):
    """Of a line of a page; with numbers any number fits, and each is a group."""
    parts = []
    for part in re.split(r"(\.\.\.)", spaced(text)):
        if part == "...":
            parts.append(".*?")
        elif numbers:
            at = 0
            for match in NUMBER.finditer(part):
                parts.append(re.escape(part[at:match.start()]) + rf"({NUMBER.pattern})")
                at = match.end()
            parts.append(re.escape(part[at:]))
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def figures(output, label=None):
    """[number] of what is printed: the first one with that label (of a line, or a key of JSON), or all; as text without commas. 98.95 % is 0.9895 too."""
    head = rf'(?mi)^\s*"?{re.escape(label)}"?: ' if label else ""
    found = []
    for match in re.finditer(rf"{head}({NUMBER.pattern})( %)?", output):
        found.append(plain(match[1]))
        if match[2]:
            found.append(f"{float(plain(match[1])) / 100:.4f}")
        if label:
            break
    return found


def says(number, printed):
    """Whether a page's number is one of those printed, or one of them rounded or cut to as many decimals."""
    number = plain(number)
    decimals = len(number.partition(".")[2])
    return any(other == number or decimals and other.startswith(number) or
               decimals < len(other.partition(".")[2]) and f"{float(other):.{decimals}f}" == number for other in printed)


def compare(step, output):
    """[(line, what is not so)]"""
    wrong = []
    printed = [spaced(line) for line in output.split("\n") if line.strip()]
    at, any_lines = 0, False
    shown = [(line, text) for line, text in step.printed if text.strip()]
    for line, text in shown:
        if text.strip() == "...":
            any_lines = True
            continue
        here = re.compile(pattern(text))
        found = next((n for n in range(at, len(printed) if any_lines else min(at + 1, len(printed)))
                      if here.fullmatch(printed[n])), None)
        if found is None:
            like = re.compile(pattern(text, numbers=True))
            here = next((p for p in printed[at:] if like.fullmatch(p)), printed[at] if at < len(printed) else "(nothing)")
            return [(line, f"it does not print: {spaced(text)}\n  but (here or below): {here}")]
        at, any_lines = found + 1, False
    if shown and not any_lines and at < len(printed):
        wrong.append((shown[-1][0], f"it prints more: {printed[at]}"))
    for line, head, number, _ in step.figures:
        if not says(number, figures(output, head) or figures(output)):
            wrong.append((line, f"it does not print {head} {number}"))
    for line, text in step.spans:
        if not re.search(rf"(?<![\w.]){pattern(text)}(?![\w])", spaced(output)):
            wrong.append((line, f"it does not print: {text}"))
    return wrong


def with_numbers(text, values):
    """A line with other numbers, written as before: with commas where it had some, in the same width where it was padded."""
    values = iter(values)

    def one(match):
        value = plain(next(values))
        if "," in match[0] or (match.string[:1] == "|" and re.fullmatch(r"\d{5,}", value)):
            value = f"{int(value):,}" if re.fullmatch(r"-?\d+", value) else value
        return value.rjust(len(match[0]))

    return NUMBER.sub(one, text)


def replaced(line, old, new, column):
    """A line of a page with other text; in a column of a table only if one is given."""
    if column is None:
        return line.replace(old, new, 1)
    parts = re.split(r"(?<!\\)\|", line)
    parts[column + 1] = parts[column + 1].replace(old, new, 1)
    return "|".join(parts)


def updates(step, output):
    """{line: [(old, new, column or None)]} that make the page say what the command prints, where only numbers differ."""
    changed = {}
    printed = [spaced(line) for line in output.split("\n")]
    at = 0
    for line, text in step.printed:
        if not text.strip() or text.strip() == "...":
            continue
        here = re.compile(pattern(text, numbers=True))
        found = next(((n, match) for n in range(at, len(printed)) if (match := here.fullmatch(printed[n]))), None)
        if found:
            at = found[0] + 1
            new = with_numbers(text, found[1].groups())
            if new != text:
                changed.setdefault(line, []).append((text, new, None))
    for line, head, number, column in step.figures:
        labelled = figures(output, head)
        if labelled and not says(number, labelled):
            value = labelled[1] if number.startswith("0.") and len(labelled) == 2 else labelled[0]
            decimals = len(number.partition(".")[2])
            value = f"{float(value):.{decimals}f}" if decimals else f"{int(value):,}" if len(value) > 4 else value
            changed.setdefault(line, []).append((number, value, column))
    for line, text in step.spans:
        match = re.search(rf"(?<![\w.]){pattern(text, numbers=True)}(?![\w])", spaced(output))
        if match:
            new = with_numbers(text, match.groups())
            if new != text:
                changed.setdefault(line, []).append((text, new, None))
    return changed
