// SPDX-License-Identifier: Apache-2.0
// fake_uio FOLDER CONFIG SOCKET: a device made of files in a folder, until stdin is closed. Its interrupt is
// the socket of this number, which whoever starts it has opened.
#include <cstdio>
#include <exception>

#include "sw_model/config.hpp"
#include "tests/driver/fake_device.hpp"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    const weft::Config config = weft::Config::Load(argv[2]);
    const weft::FakeDevice device(config, argv[1], std::stoi(argv[3]));
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fake_uio: %s\n", error.what());
    return 1;
  }
}
