#include "priorseg/image/ome_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

std::string ome(const std::string& content) {
  return "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\">" +
         content + "</OME>";
}

std::string pixels(const std::string& attributes, const std::string& content) {
  return "<Image ID=\"Image:0\"><Pixels SizeX=\"40\" SizeY=\"30\" " + attributes + ">" + content +
         "</Pixels></Image>";
}

TEST(OmeXml, NamesAxesChannelsAndLengths) {
  const auto description = parse_ome_xml(
      ome(pixels(
          "SizeT=\"2\" SizeZ=\"3\" SizeC=\"2\" DimensionOrder=\"XYCZT\" PhysicalSizeX=\"650\" "
          "PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"0.65\" PhysicalSizeZ=\"1\" PhysicalSizeZUnit=\"pixel\"",
          "<Channel Name=\"DAPI\" SamplesPerPixel=\"1\"/><Channel Name=\"GFP\"/><TiffData/>")),
      1);
  ASSERT_EQ(description.images.size(), 1u);
  const auto& image = description.images[0];
  EXPECT_EQ(image.structure.text(), "2 frames, 3 slices and 2 channels (DAPI, GFP)");
  EXPECT_EQ(image.width, 40);
  EXPECT_DOUBLE_EQ(image.um_x, 0.65);
  EXPECT_DOUBLE_EQ(image.um_y, 0.65);
  EXPECT_EQ(image.um_z, 0);
  ASSERT_EQ(image.planes.size(), 12u);
  // C is fastest: frame 1, slice 2, channel 1 is page 1 + 2 (2 + 3 * 1).
  EXPECT_EQ(image.planes[(1 * 3 + 2) * 2 + 1].page, 11);
  EXPECT_EQ(image.planes[(0 * 3 + 2) * 2 + 0].page, 4);
}

TEST(OmeXml, PlacesPlanesInTheOrderThatItNames) {
  const auto image = parse_ome_xml(ome(pixels("SizeT=\"2\" SizeZ=\"3\" SizeC=\"2\" DimensionOrder=\"XYTZC\"",
                                              "<TiffData IFD=\"5\" PlaneCount=\"12\"/>")),
                                   1)
                         .images[0];
  EXPECT_EQ(image.planes[(1 * 3 + 2) * 2 + 1].page, 5 + 1 + 2 * (2 + 3 * 1));
}

TEST(OmeXml, PlacesPlanesInOtherFiles) {
  const auto image =
      parse_ome_xml(
          ome(pixels(
              "SizeT=\"2\" DimensionOrder=\"XYZCT\"",
              "<TiffData IFD=\"0\" FirstT=\"0\"><UUID FileName=\"a.ome.tif\">urn:uuid:1</UUID></TiffData>"
              "<TiffData IFD=\"3\" FirstT=\"1\"><UUID FileName=\"b.ome.tif\">urn:uuid:2</UUID></TiffData>")),
          1)
          .images[0];
  EXPECT_EQ(image.planes[0].file, "a.ome.tif");
  EXPECT_EQ(image.planes[1].file, "b.ome.tif");
  EXPECT_EQ(image.planes[1].page, 3);
}

TEST(OmeXml, SamplesOfAPixelAreNoChannelsOfPages) {
  const auto image =
      parse_ome_xml(ome(pixels("SizeC=\"3\"", "<Channel SamplesPerPixel=\"3\"/><TiffData/>")), 3).images[0];
  EXPECT_EQ(image.structure.channels, 1);
  EXPECT_EQ(image.samples, 3);
  EXPECT_EQ(parse_ome_xml(ome(pixels("SizeC=\"3\"", "")), 3).images[0].samples, 3);  // not said
}

TEST(OmeXml, ThatIsHostileIsRefused) {
  EXPECT_THAT(error_message([] { parse_ome_xml("<OME><Image>", 1); }), HasSubstr("is damaged"));
  EXPECT_THAT(error_message([] { parse_ome_xml("<html/>", 1); }), HasSubstr("no element OME"));
  EXPECT_THAT(error_message([] {
                parse_ome_xml(ome(pixels("SizeT=\"100000\" SizeZ=\"100000\" SizeC=\"100000\"", "")), 1);
              }),
              HasSubstr("more planes than a file can hold"));
  EXPECT_THAT(error_message([] { parse_ome_xml(ome(pixels("SizeT=\"-1\"", "")), 1); }), HasSubstr("SizeT"));
  // Entities of a document type stay text.
  const auto text = "<!DOCTYPE OME [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]>" +
                    ome(pixels("", "<Channel Name=\"&b;\"/><TiffData/>")).substr(21);
  EXPECT_EQ(parse_ome_xml(text, 1).images[0].structure.channel_names[0], "&b;");
  // Planes outside of the axes are nowhere.
  const auto outside = parse_ome_xml(
      ome(pixels("SizeT=\"2\"", "<TiffData FirstT=\"7\" IFD=\"1\"/><TiffData FirstT=\"-1\" IFD=\"1\"/>")), 1);
  EXPECT_EQ(outside.images[0].planes[0].page, -1);
}

}  // namespace
}  // namespace priorseg
