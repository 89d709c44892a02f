# SPDX-License-Identifier: Apache-2.0
"""The paths of a routed design, all of them: of the delays that nextpnr writes with --sdf, in ps, of its slowest corner.

A path goes from a clocked cell's output through wires and gates to an input that a clocked cell checks against its clock, an end:
    clock to output + wires + gates + setup
Its length is that of nextpnr's own report, which has the longest one alone. One clock, as in the wrappers of fpga/.
"""

import collections
import re

from flow import ToolFailed, rtl_name

TRIPLE = r" \(\S*:\S*:(-?[\d.]+)\)"  # of the corners, the slowest one
INSTANCE = re.compile(r"\s*\(INSTANCE (\S*)\)")
WIRE = re.compile(r"\s*\(INTERCONNECT (\S+)/(\S+) (\S+)/(\S+)" + TRIPLE + TRIPLE)
GATE = re.compile(r"\s*\(IOPATH (\S+) (\S+)" + TRIPLE + TRIPLE)
CHECK = re.compile(r"\s*\(SETUPHOLD \(\w+ (\S+)\) \(\w+ (\S+)\)" + TRIPLE)


def read_delays(path):
    """Of an SDF file: {port: [(port, delay)]} of what goes on from a port, {output: clock to output}, {end: setup}. A port is a cell and a pin."""
    onward, launch, ends = collections.defaultdict(list), {}, {}
    cell, gates, clocks = "", [], set()

    def close():  # which inputs are clocks is known behind the cell's checks
        for start, end, delay in gates:
            if start in clocks:
                launch[cell, end] = max(delay, launch.get((cell, end), 0))
            else:
                onward[cell, start].append(((cell, end), delay))
        gates.clear()
        clocks.clear()

    with open(path) as file:
        for line in file:
            line = line.replace("\\", "")
            if found := WIRE.match(line):
                onward[found[1], found[2]].append(((found[3], found[4]), max(float(found[5]), float(found[6]))))
            elif found := GATE.match(line):
                gates.append((found[1], found[2], max(float(found[3]), float(found[4]))))
            elif found := CHECK.match(line):
                clocks.add(found[2])
                ends[cell, found[1]] = max(float(found[3]), ends.get((cell, found[1]), 0))
            elif found := INSTANCE.match(line):
                close()
                cell = found[1]
    close()
    if not launch or not ends:
        raise ToolFailed(f"{path}: no clocked cell in this SDF file")
    return onward, launch, ends


def longest_paths(onward, launch, ends):
    """[(ps, first port, end)] of every end that a path reaches, the longest path's, longest first."""
    before = collections.Counter()
    reached, stack = set(launch), list(launch)
    while stack:
        for port, _ in onward.get(stack.pop(), ()):
            before[port] += 1
            if port not in reached:
                reached.add(port)
                stack.append(port)
    arrival, first = dict(launch), {port: port for port in launch}
    ready, done = [port for port in reached if not before[port]], 0
    while ready:
        port = ready.pop()
        done += 1
        for following, delay in onward.get(port, ()):
            if arrival[port] + delay > arrival.get(following, -1):
                arrival[following], first[following] = arrival[port] + delay, first[port]
            before[following] -= 1
            if not before[following]:
                ready.append(following)
    if done < len(reached):
        raise ToolFailed(f"{len(reached) - done} ports lie on or behind a loop of gates: their paths have no end")
    return sorted(((arrival[end] + setup, first[end], end) for end, setup in ends.items() if end in arrival), reverse=True)


def describe_late(path, ns, most=20):
    """How many ends' paths of an SDF file take longer than `ns`, and between which registers, in lines: the longest, and how many ends."""
    paths = longest_paths(*read_delays(path))
    late = collections.defaultdict(list)
    for length, start, end in paths:
        if length > 1000 * ns:
            late[rtl_name(start[0]), rtl_name(end[0])].append(length)
    lines = [f"{sum(map(len, late.values())):,} of {len(paths):,} ends have a path longer than {ns:g} ns; the longest of all {paths[0][0] / 1000:.2f} ns"]
    rows = sorted(late.items(), key=lambda row: -row[1][0])
    lines += [f"  {lengths[0] / 1000:5.2f} ns {len(lengths):6,} x  {start} -> {end}" for (start, end), lengths in rows[:most]]
    return lines + [f"  and {len(rows) - most} more rows"] * (len(rows) > most)
