// SPDX-License-Identifier: Apache-2.0
// Pictures of tensors, and names in drawings.
#include "sim/report/picture.hpp"

#include <gtest/gtest.h>

#include "sim/report/network_svg.hpp"
#include "tests/sim/report/decoded.hpp"

namespace weft {
namespace {

TensorI8 Counting(const Shape& shape) {
  TensorI8 tensor(shape);
  for (size_t i = 0; i < tensor.data.size(); i++) tensor.data[i] = int8_t(i * 37);
  return tensor;
}

uint8_t Grey(int8_t code) { return uint8_t(int{code} + 128); }

TEST(Picture, MapIsTheChannelsCodes) {
  const TensorI8 map = Counting({2, 5, 7, 3});
  for (int c = 0; c < 3; c++) {
    const Decoded d = Decode(DataUri(MapPicture(map, 1, c)));
    ASSERT_EQ(std::tuple(d.width, d.height, d.channels), std::tuple(7, 5, 1));
    for (int y = 0; y < 5; y++)
      for (int x = 0; x < 7; x++) EXPECT_EQ(d.pixels[size_t(y * 7 + x)], Grey(map.at(1, y, x, c)));
  }
}

TEST(Picture, VectorWrapsAndIsClearBehindItsEnd) {
  const TensorI8 map = Counting({1, 1, 1, 10});
  const Decoded d = Decode(DataUri(VectorPicture(map, 0, 4)));
  ASSERT_EQ(std::tuple(d.width, d.height, d.channels), std::tuple(4, 3, 2));
  for (int i = 0; i < 12; i++) {
    EXPECT_EQ(d.pixels[size_t(2 * i + 1)], i < 10 ? 255 : 0) << i;
    const uint8_t grey = i < 10 ? Grey(map.data[size_t(i)]) : 0;
    EXPECT_EQ(d.pixels[size_t(2 * i)], grey) << i;
  }
}

TEST(Picture, ImageOfThreeChannelsIsInColour) {
  const TensorI8 image = Counting({1, 2, 3, 3});
  const Decoded d = Decode(DataUri(ImagePicture(image, 0)));
  ASSERT_EQ(d.channels, 3);
  for (size_t i = 0; i < image.data.size(); i++) EXPECT_EQ(d.pixels[i], Grey(image.data[i]));
}

// Filter k, position y, x, channel c is where the sheet says it is, and what lies between is clear.
void ExpectSheet(const Shape& shape, int most, int wide, bool matrix, int columns) {
  const TensorI8 filters = Counting(shape);
  const FilterSheet sheet = FilterPicture(filters, most, wide);
  EXPECT_EQ(sheet.matrix, matrix);
  const Decoded d = Decode(DataUri(sheet.picture));
  const int gap = shape.h * shape.w > 1 ? 1 : 0, colours = d.channels - 1;
  EXPECT_EQ(d.width, columns * (shape.w + gap) - gap);
  size_t opaque = 0, cells = 0;
  for (size_t i = 0; i < d.pixels.size(); i += size_t(d.channels))
    opaque += d.pixels[i + size_t(colours)] == 255 ? 1 : 0;
  for (int k = 0; k < sheet.filters; k++)
    for (int c = 0; c < (matrix ? sheet.channels : 1); c++, cells++)
      for (int y = 0; y < shape.h; y++)
        for (int x = 0; x < shape.w; x++)
          for (int i = 0; i < colours; i++) {
            const int row = matrix ? c : k / columns, column = k % columns;
            const size_t at =
                size_t(row * (shape.h + gap) + y) * size_t(d.width) + size_t(column * (shape.w + gap) + x);
            ASSERT_EQ(d.pixels[at * size_t(d.channels) + size_t(i)], Grey(filters.at(k, y, x, c + i)));
          }
  EXPECT_EQ(opaque, cells * size_t(shape.h) * size_t(shape.w));
}

TEST(Picture, FiltersOfOneChannel) { ExpectSheet({10, 3, 3, 1}, 32, 4, false, 4); }
TEST(Picture, FiltersInColour) { ExpectSheet({5, 3, 5, 3}, 32, 16, false, 5); }
TEST(Picture, FiltersOfManyChannels) { ExpectSheet({6, 3, 3, 8}, 32, 16, true, 6); }
TEST(Picture, MatrixHasNoGaps) { ExpectSheet({6, 1, 1, 9}, 32, 16, true, 6); }
TEST(Picture, OnlySoManyFiltersAndChannels) { ExpectSheet({40, 3, 3, 50}, 32, 16, true, 32); }

TEST(Drawing, NamesAreText) {
  EXPECT_EQ(Escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(Escape("\xc3\xa9\xff\xc3\x01"), "\xc3\xa9???");
  EXPECT_EQ(Escape("\xe2\x82"), "??");
}

}  // namespace
}  // namespace weft
