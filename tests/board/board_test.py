#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`weft board` on the simulated board: board_test.py WEFT WEFT_BOARD_SIM MODELS. Every test is a use, or a mistake, of its own."""

import contextlib
import fcntl
import json
import os
import pathlib
import random
import select
import subprocess
import sys
import tempfile
import threading
import time
import tty
import unittest
import zlib

WEFT, SIM, MODELS = (pathlib.Path(argument).resolve() for argument in sys.argv[1:4])
IMAGES = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"
NETWORK = MODELS / "fashion_cnn.onnx"
MEMORY = 81920  # bytes, of sim/board/CMakeLists.txt


def weft(*arguments, timeout=120):
    return subprocess.run([WEFT, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)


class Line:
    """A serial line without a board: a pseudo terminal, of which `board` is the other end."""

    def __init__(self):
        self.board, self.host = os.openpty()
        tty.setraw(self.host)
        self.port = os.ttyname(self.host)

    def close(self):
        os.close(self.board)
        os.close(self.host)


@contextlib.contextmanager
def background(work):
    """Runs work(ends) in a thread until the block is left; ends() says when."""
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop.is_set,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def readable(*files):
    return select.select(files, [], [], 0.05)[0]


class Board(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sim = subprocess.Popen([SIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.port = cls.sim.stdout.readline().strip()
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        golden = weft("run", NETWORK, "--input", IMAGES, "--limit", 1, "--engine", "golden", "--output", cls.folder / "golden.npy",
                      "--json", cls.folder / "golden.json")
        assert golden.returncode == 0, golden.stderr
        cls.golden = (cls.folder / "golden.npy").read_bytes()

    @classmethod
    def tearDownClass(cls):
        cls.sim.stdin.close()
        status = cls.sim.wait(timeout=20)
        cls.sim.stdout.close()
        cls.temporary.cleanup()
        assert status == 0, f"weft_board_sim ended with {status}"

    def run_network(self, port, model=NETWORK, images=1):
        """The outputs, all of them, and the JSON."""
        out, report = self.folder / "out.npy", self.folder / "out.json"
        out.unlink(missing_ok=True)
        done = weft("board", "--port", port, "run", model, "--input", IMAGES, "--limit", images, "--output", out, "--json", report)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out.read_bytes(), json.loads(report.read_text())

    def refused(self, says, *arguments):
        """Exit status 2, nothing on stdout, one sentence that contains `says`."""
        done = weft(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("weft: ") and done.stderr.count("\n") == 1, done.stderr)
        self.assertIn(says, done.stderr)

    def test_what_it_is(self):
        done = weft("board", "--port", self.port, "info", "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["memory_bytes"], MEMORY)
        self.assertEqual(found["config_key"], "r2c2l1-lb4096-wb8192-b4-a32-d0")

    def test_image_in_class_out(self):
        outputs, report = self.run_network(self.port)
        self.assertEqual(outputs, self.golden)
        golden = json.loads((self.folder / "golden.json").read_text())
        self.assertEqual(report["predictions"], golden["predictions"])
        self.assertEqual(report["engine"], "board")
        self.assertGreater(report["cycles"], 100_000)  # 4 multipliers, 1.9 million MACs or so

    def test_every_operator(self):
        done = weft("board", "--port", self.port, "run", NETWORK, "--input", IMAGES, "--limit", 1, "--check", "--json", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["mismatches"], 0)
        self.assertGreater(report["outputs_compared"], 1000)
        self.assertEqual({layer["cycles"] for layer in report["layers"]}, {None})  # the hardware counts those of a start

    def test_compiled_network(self):
        for config in ("2x2", "4x4"):
            done = weft("compile", NETWORK, "--config", config, "-o", self.folder / f"{config}.weft")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.run_network(self.port, self.folder / "2x2.weft")[0], self.golden)
        self.refused("compiled for 4x4", "board", "--port", self.port, "run", self.folder / "4x4.weft", "--input", IMAGES, "--limit", 1)

    def test_too_large(self):
        self.refused(f"memory window has {MEMORY} bytes", "board", "--port", self.port, "run", MODELS / "resnet8.onnx",
                     "--input", IMAGES, "--limit", 1)

    def test_a_simulation_that_would_not_end(self):
        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" <&-', SIM], capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("its standard input is closed", done.stderr)

    def test_ports(self):
        self.refused("cannot be opened", "board", "--port", self.folder / "none", "info")
        self.refused("no serial line", "board", "--port", "/dev/null", "info")
        self.refused("use one of", "board", "--port", self.port, "--baud", 12345, "info")
        with open(self.port, "rb", buffering=0) as port:
            fcntl.flock(port, fcntl.LOCK_EX)
            self.refused("another program uses the line", "board", "--port", self.port, "info")

    def test_nothing_answers(self):
        line = Line()

        def swallow(ends):
            while not ends():
                if readable(line.board):
                    os.read(line.board, 4096)

        with background(swallow):
            start = time.monotonic()
            self.refused("nothing answers", "board", "--port", line.port, "--patience", 0.1, "info")
            self.assertLess(time.monotonic() - start, 3 * 1.5)  # of what it waits without --patience
        line.close()

    def test_garbage_answers(self):
        line = Line()

        def chatter(ends):
            numbers = random.Random(1)
            while not ends():
                if readable(line.board):
                    asked = os.read(line.board, 4096)
                    if any(asked):  # not the zeros that end what was before
                        os.write(line.board, numbers.randbytes(200) + b"W" * 9)

        with background(chatter):
            self.refused("no undamaged answer", "board", "--port", line.port, "info")
        line.close()

    def test_bytes_without_end(self):
        line = Line()

        def talk(ends):
            while not ends():
                if select.select([line.board], [], [], 0.01)[0]:
                    os.read(line.board, 4096)
                os.write(line.board, b"boot log\r\n")

        with background(talk):
            self.refused("bytes come without end", "board", "--port", line.port, "--patience", 0.1, "info")
        line.close()

    def test_what_no_board_says(self):
        line = Line()

        def answer(ends):
            while not ends():
                if readable(line.board):
                    asked = os.read(line.board, 4096)
                    if any(asked):
                        frame = bytes([77, asked[2]]) + (1 << 20).to_bytes(4, "little")  # a status that there is not, the request's tag
                        os.write(line.board, b"W" + frame + zlib.crc32(frame).to_bytes(4, "little"))

        with background(answer):
            self.refused("status 77", "board", "--port", line.port, "info")
        line.close()

    def test_line_that_goes(self):
        line = Line()

        def go(ends):
            while not ends() and not readable(line.board):
                pass
            os.close(line.board)

        with background(go):
            self.refused("the line is gone", "board", "--port", line.port, "info")
        os.close(line.host)

    def test_damaged_line(self):
        """Bytes that change, vanish and are too many, both ways: the outputs are the same."""
        line = Line()
        board = os.open(self.port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(board)
        os.write(board, b"W garbage of somebody else" + bytes([87, 5, 0, 0, 0]))
        counts = {"to the board": 0, "to the host": 0}
        damage = {"to the board": {3000: "change", 20_000: "drop", 50_000: "add", 68_000: "change"},
                  "to the host": {300: "change", 420: "drop", 700: "add"}}
        done = []

        def pass_on(way, data):
            out = bytearray()
            for byte in data:
                what = damage[way].get(counts[way])
                counts[way] += 1
                if what:
                    done.append(what)
                out += bytes({None: [byte], "change": [byte ^ 0x10], "drop": [], "add": [byte, 0x57]}[what])
            return bytes(out)

        def carry(ends):
            while not ends():
                for file in readable(line.board, board):
                    data = os.read(file, 1024)
                    os.write(*((board, pass_on("to the board", data)) if file == line.board else (line.board, pass_on("to the host", data))))

        with background(carry):
            outputs, _ = self.run_network(line.port)
        self.assertEqual(outputs, self.golden)
        self.assertEqual(len(done), 7, f"{counts}: {done}")
        os.close(board)
        line.close()


class BoardFiles(unittest.TestCase):
    def test_bitstreams_have_a_speed_that_weft_has(self):
        theirs = subprocess.run([sys.executable, MODELS.parent / "fpga/board.py", "ulx3s-25f", "--baud", "1"], capture_output=True, text=True)
        ours = weft("board", "--port", "/dev/null", "--baud", "1", "info")
        speeds = [done.stderr.partition("use one of ")[2].strip() for done in (theirs, ours)]
        self.assertGreater(len(speeds[0]), 0)
        self.assertEqual(*speeds)

    def test_a_network_of_models_fits_each_board(self):
        boards = sorted((MODELS.parent / "fpga/boards").glob("*.json"))
        self.assertGreater(len(boards), 0)
        with tempfile.TemporaryDirectory() as folder:
            for file in boards:
                board, network, windows = json.loads(file.read_text()), pathlib.Path(folder) / "net.weft", {}
                for model in ("fashion_cnn", "fashion_small"):
                    done = weft("compile", MODELS / f"{model}.onnx", "--config", board["config"], "-o", network)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    segments = json.loads(weft("info", network, "--json", "-").stdout)["segments"]
                    windows[model] = max(segment["window_bytes"] for segment in segments if not segment["on_host"])
                self.assertLessEqual(min(windows.values()), board["memory_bytes"], f"{file.name}: {windows}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
